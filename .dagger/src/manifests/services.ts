import type { Addresses } from "../config/expectations.js"
import type { Manifest } from "./manifest.js"
import { podsOf } from "./pods.js"
import { probeHeadersOf } from "./probe-headers.js"
import { type Container, isKind, type KubernetesObject, type Service } from "./shapes.js"

export type ServicePort = NonNullable<Service["spec"]["ports"]>[number]

/** An application as the configuration describes it: its Service, and the port of its container. */
export interface Served {
  service: string
  port: number
}

/** Whether a selector picks pods with these labels. */
export function selects(
  matchLabels: Record<string, string> | undefined,
  labels: Record<string, string> | undefined,
): boolean {
  const wanted = Object.entries(matchLabels ?? {})
  return wanted.length > 0 && wanted.every(([key, value]) => labels?.[key] === value)
}

/** Whether a Service selects the pods that an object makes. */
export function isSelected(service: Service, object: KubernetesObject): boolean {
  return selects(service.spec.selector, podsOf(object)?.template.metadata?.labels)
}

/** The Service of that name. */
export function serviceNamed(objects: KubernetesObject[], name: string): Service | undefined {
  return objects
    .filter((object): object is Service => isKind(object, "Service"))
    .find(({ metadata }) => metadata.name === name)
}

/**
 * What a port of a Service leads to: no pods, pods without a port of that name, which get no requests, pods that declare
 * others than that number, or pods that may listen there. A container may listen on a port that it does not declare.
 */
export type Backing = "unselected" | "not listening" | "undeclared" | "ready"

export function backingOf(service: Service, port: ServicePort, manifests: Manifest[]): Backing {
  const selected = manifests
    .filter(({ object }) => !isKind(object, "Job") && isSelected(service, object))
    .map(({ object }) => object)
  const target = targetOf(port)
  if (selected.length === 0) return "unselected"
  if (selected.some(object => containerPort(object, target) !== undefined)) return "ready"
  if (typeof target === "string") return "not listening"
  return selected.every(object => portsOf(object).length > 0) ? "undeclared" : "ready"
}

/** Where each application answers inside its namespace, and what its probes send. */
export function addressesOf(objects: KubernetesObject[], apps: Record<string, Served & { health: string }>): Addresses {
  return Object.fromEntries(
    Object.entries(apps).map(([name, app]) => [
      name,
      { url: addressOf(objects, app), health: app.health, probeHeaders: headersBehind(objects, app) },
    ]),
  )
}

/** What the probes of the pods send that an application's Service selects. */
function headersBehind(objects: KubernetesObject[], { service: name }: Served): Record<string, string> {
  const service = serviceNamed(objects, name)
  const headers = objects
    .filter(object => service && !isKind(object, "Job") && isSelected(service, object))
    .flatMap(object => podsOf(object)!.template.spec.containers.map(probeHeadersOf))
  return headers.find(each => Object.keys(each).length > 0) ?? {}
}

/** Where an application answers inside its namespace; where its Service does not tell, at the container's port. */
function addressOf(objects: KubernetesObject[], app: Served): string {
  return `http://${app.service}:${servicePortOf(objects, app) ?? app.port}`
}

/** The port of an application's Service that leads to its container's port, by number or by name; undefined where none does. */
export function servicePortOf(objects: KubernetesObject[], app: Served): number | undefined {
  const service = serviceNamed(objects, app.service)
  if (!service) return undefined
  const found = service.spec.ports?.find(port => leadsTo(service, port, app.port, objects))
  // The name of a headless Service resolves to the pods: nothing translates its ports.
  return found && service.spec.clusterIP === "None" ? app.port : found?.port
}

function leadsTo(service: Service, port: ServicePort, number: number, objects: KubernetesObject[]): boolean {
  const target = targetOf(port)
  if (typeof target === "number") return target === number
  return objects.some(object => isSelected(service, object) && containerPort(object, target) === number)
}

/** What a Service's port leads to; the default is the same number. */
export function targetOf({ port, targetPort }: ServicePort): string | number {
  return targetPort ?? port
}

/** The number of a container's port, by number or by name; undefined where no container of the pods, which a Service selects, declares it. */
export function containerPort(object: KubernetesObject, target: string | number): number | undefined {
  return portsOf(object).find(
    ({ name, containerPort: number }) => target === (typeof target === "number" ? number : name),
  )?.containerPort
}

/** The ports that the containers of an object's pods declare, and those beside them that start before (native sidecars). */
function portsOf(object: KubernetesObject): NonNullable<Container["ports"]> {
  const { containers, initContainers = [] } = podsOf(object)!.template.spec
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === "Always")
  return [...containers, ...sidecars].flatMap(({ ports }) => ports ?? [])
}
