import { distance } from "fastest-levenshtein"

import { keyOf } from "../../config/applications.js"
import { describe, type Manifest } from "../manifest.js"
import { podsOf } from "../pods.js"
import { type Problem, problemAt } from "../problem.js"
import { backingOf, isSelected, serviceNamed, servicePortOf, targetOf } from "../services.js"
import { isKind, type KubernetesObject, type Service } from "../shapes.js"
import type { Context } from "./context.js"

type Labels = Record<string, string>

/** Those that choose pods: a Service without a selector, or an ExternalName, leads elsewhere. */
function servicesOf(manifests: Manifest[]): { manifest: Manifest; service: Service }[] {
  return manifests.flatMap(manifest => {
    const { object } = manifest
    const chooses = isKind(object, "Service") && object.spec.selector && object.spec.type !== "ExternalName"
    return chooses ? [{ manifest, service: object }] : []
  })
}

function selectsNothing(service: Service, objects: KubernetesObject[]): boolean {
  return service.spec.selector !== undefined && !objects.some(object => isSelected(service, object))
}

export function* serviceWithoutPods({ manifests, apps }: Context): Generator<Problem> {
  for (const { manifest, service } of servicesOf(manifests)) {
    const selector = service.spec.selector!
    const nearest = nearestPods(selector, manifests)
    const isOfApp = Object.values(apps).some(app => app.service === service.metadata.name)
    // Any other selector may be for pods that are deployed from elsewhere.
    const isMeant = isOfApp || (nearest !== undefined && isNear(selector, nearest.labels))
    const backings = (service.spec.ports ?? []).map(port => ({ port, backing: backingOf(service, port, manifests) }))
    if (isMeant && backings.some(({ backing }) => backing === "unselected"))
      yield problemAt(manifest, ["spec", "selector"], {
        code: "SERVICE_SELECTS_NOTHING",
        what: `${describe(service)} selects no pods of the manifests: its selector is ${formatLabels(selector)}${nearest ? `; the pods of ${nearest.name} have ${formatLabels(nearest.labels)}` : ""}`,
        fix: "let spec.selector hold labels of the pod template that is meant",
      })
    for (const [index, { port, backing }] of backings.entries())
      if (backing === "not listening")
        yield problemAt(manifest, ["spec", "ports", index, "targetPort"], {
          code: "SERVICE_PORT_CLOSED",
          what: `${describe(service)}: port ${port.port} leads to ${targetOf(port)}, which no container it selects has`,
          fix: "let targetPort be the number of the port, or the name of a containerPort",
        })
  }
}

/** A container may listen on a port that it does not declare, as may a sidecar that is injected: a number is a slip only maybe. */
export function* servicePortUndeclared({ manifests }: Context): Generator<Problem> {
  for (const { manifest, service } of servicesOf(manifests))
    for (const [index, port] of (service.spec.ports ?? []).entries())
      if (backingOf(service, port, manifests) === "undeclared")
        yield problemAt(manifest, ["spec", "ports", index, "targetPort"], {
          code: "SERVICE_PORT_UNDECLARED",
          what: `${describe(service)}: port ${port.port} leads to ${targetOf(port)}, and the containers it selects declare other ports only`,
          fix: "correct targetPort, or declare the port that the container listens on (containerPort)",
        })
}

interface Labelled {
  name: string
  /** Of its pods' labels, those by the selector's keys. */
  labels: Labels
}

/** The pods whose labels agree best with a selector. */
function nearestPods(selector: Labels, manifests: Manifest[]): Labelled | undefined {
  const agreement = ({ labels }: Labelled) =>
    Object.entries(labels).reduce(
      (sum, [key, value]) => sum + (value === selector[key] ? 2 : isAlike(value, selector[key]!) ? 1 : 0),
      0,
    )
  const gap = ({ labels }: Labelled) =>
    Object.entries(labels).reduce((sum, [key, value]) => sum + distance(value, selector[key]!), 0)
  return manifests
    .filter(({ object }) => !isKind(object, "Job"))
    .flatMap(({ object }) => {
      const labels = Object.entries(podsOf(object)?.template.metadata?.labels ?? {}).filter(([key]) => key in selector)
      return labels.length > 0 ? [{ name: describe(object), labels: Object.fromEntries(labels) }] : []
    })
    .sort((a, b) => agreement(b) - agreement(a) || gap(a) - gap(b))[0]
}

/** Whether a selector is one of these labels, written another way. */
function isNear(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => key in labels && isAlike(value, labels[key]!))
}

/** Whether two values differ by a slip at most: in capitals and separators, or in two letters in a row. */
function isAlike(one: string, other: string): boolean {
  const [a, b] = [one, other].map(text => [...text.toLowerCase().replace(/[-_.]/g, "")]) as [string[], string[]]
  const common = commonStart(a, b) + commonStart([...a].reverse(), [...b].reverse())
  return a.join() === b.join() || Math.min(common, a.length, b.length) >= Math.max(a.length - 2, b.length - 2, 3)
}

/** How many letters two texts begin with in common. */
function commonStart(a: string[], b: string[]): number {
  const differing = a.findIndex((letter, index) => letter !== b[index])
  return differing < 0 ? a.length : differing
}

function formatLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}: ${value}`)
    .join(", ")
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

/** The monitor and the handshake send their requests to each application's Service. */
export function* appServiceMissing({ manifests, apps }: Context): Generator<Problem> {
  const objects = manifests.map(({ object }) => object)
  for (const [name, { service: called, port }] of Object.entries(apps)) {
    if (port === undefined) continue
    const app = { service: called, port }
    if (servicePortOf(objects, app) !== undefined) continue
    const service = serviceNamed(objects, app.service)
    if (!service)
      yield {
        code: "APP_SERVICE_MISSING",
        what: `the manifests have no Service ${app.service} for the ${name}`,
        fix: `add one, or set ${keyOf(name)}.service in cloud-native.yaml to the name of the Service that it has`,
      }
    else if (!selectsNothing(service, objects))
      yield problemAt(manifests[objects.indexOf(service)]!, ["spec", "ports"], {
        code: "APP_SERVICE_MISSING",
        what: `${describe(service)}: no port leads to port ${app.port} of the ${name}'s container`,
        fix: `let the targetPort of one be ${app.port} or the name of that containerPort, or set ${keyOf(name)}.port in cloud-native.yaml to the port that the container listens on`,
      })
  }
}
