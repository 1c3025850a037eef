import { describe, type Manifest } from "../manifest.js"
import { podsOf } from "../pods.js"
import { type Problem, problemAt } from "../problem.js"
import { isKind, type KubernetesObject, type Service } from "../shapes.js"
import { type Context, selects } from "./context.js"

type ServicePort = NonNullable<Service["spec"]["ports"]>[number]

/** What stands behind a port of a Service: nothing it selects, nothing that listens, or pods. */
export type Backing = "unselected" | "not listening" | "ready"

export function backingOf(service: Service, port: ServicePort, manifests: Manifest[]): Backing {
  const selected = manifests.filter(({ object }) => !isKind(object, "Job") && isSelected(service, object))
  if (selected.length === 0) return "unselected"
  return selected.some(({ object }) => listens(object, port.targetPort ?? port.port)) ? "ready" : "not listening"
}

function isSelected(service: Service, object: KubernetesObject): boolean {
  return selects(service.spec.selector, podsOf(object)?.template.metadata?.labels)
}

function listens(object: KubernetesObject, target: string | number): boolean {
  const ports = podsOf(object)!.template.spec.containers.flatMap(({ ports = [] }) => ports)
  return ports.some(({ name, containerPort }) =>
    typeof target === "number" ? containerPort === target : name === target,
  )
}

/** A Service without a selector has its endpoints from elsewhere. */
function servicesOf(manifests: Manifest[]): { manifest: Manifest; service: Service }[] {
  return manifests.flatMap(manifest =>
    isKind(manifest.object, "Service") && manifest.object.spec.selector ? [{ manifest, service: manifest.object }] : [],
  )
}

export function* serviceWithoutPods({ manifests }: Context): Generator<Problem> {
  for (const { manifest, service } of servicesOf(manifests))
    for (const [index, port] of (service.spec.ports ?? []).entries()) {
      const backing = backingOf(service, port, manifests)
      if (backing === "unselected")
        yield problemAt(manifest, ["spec", "selector"], {
          code: "SERVICE_SELECTS_NOTHING",
          what: `${describe(service)} selects no pods of the manifests`,
          fix: "let spec.selector hold labels of the pod template that is meant",
        })
      if (backing === "not listening")
        yield problemAt(manifest, ["spec", "ports", index, "targetPort"], {
          code: "SERVICE_PORT_CLOSED",
          what: `${describe(service)}: port ${port.port} leads to ${port.targetPort ?? port.port}, which no container it selects has`,
          fix: "let targetPort be a containerPort, or the name of one",
        })
    }
}

export function* serviceSelectsJob({ manifests }: Context): Generator<Problem> {
  for (const { manifest, service } of servicesOf(manifests))
    for (const { object } of manifests)
      if (isKind(object, "Job") && isSelected(service, object))
        yield problemAt(manifest, ["spec", "selector"], {
          code: "SERVICE_SELECTS_JOB",
          what: `${describe(service)} selects the pods of ${describe(object)}, which answer no requests`,
          fix: `give the pods of ${describe(object)} labels of their own`,
        })
}

/** The monitor and the handshake ask each application through its Service. */
export function* appServiceMissing({ manifests, apps }: Context): Generator<Problem> {
  const services = manifests
    .map(({ object }) => object)
    .filter((object): object is Service => isKind(object, "Service"))
  for (const [app, { service, port }] of Object.entries(apps))
    if (
      !services.some(({ metadata, spec }) => metadata.name === service && spec.ports?.some(item => item.port === port))
    )
      yield {
        code: "APP_SERVICE_MISSING",
        what: `the manifests have no Service ${service} with port ${port}, through which the ${app} is asked`,
        fix: `add one, or set ${app}.service and ${app}.port in cloud-native.yaml`,
      }
}
