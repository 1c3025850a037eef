import { digestOf } from "../util/digest.js"
import { isWorkload } from "./kinds.js"
import { podsOf } from "./pods.js"
import type { Release } from "./render.js"
import { selects, serviceNamed } from "./services.js"
import { type Deployment, isKind, type KubernetesObject, type Service } from "./shapes.js"

/** Tells the pods of an application's two slots apart: its Service selects those of one. */
export const SLOT = "cloud-native/slot"
/** The digest of a Deployment in a slot as it was rendered. */
export const CONTENT = "cloud-native/slot-content"
/** Kubernetes' own label of a ReplicaSet's pods. */
export const TEMPLATE_HASH = "pod-template-hash"

export type Slot = "blue" | "green"
/** Of an application by the name of its Service; undefined where it is in none. */
export type Slots = Record<string, Slot | undefined>

type Labels = Record<string, string>

export function otherSlot(slot: Slot): Slot {
  return slot === "blue" ? "green" : "blue"
}

/** The slot that a selector, or labels, name. */
export function slotIn(labels: Labels | undefined): Slot | undefined {
  const slot = labels?.[SLOT]
  return slot === "blue" || slot === "green" ? slot : undefined
}

/** The Deployments whose pods a Service selects. */
export function deploymentsBehind(objects: KubernetesObject[], service: string): Deployment[] {
  const own = serviceNamed(objects, service)
  return objects
    .filter((object): object is Deployment => isKind(object, "Deployment"))
    .filter(object => own !== undefined && picks(own.spec.selector, object))
}

/** Whether a Deployment is an application's, going by its name, in a slot or in none. */
export function isOfApplication(deployment: string, application: string): boolean {
  return [application, `${application}-blue`, `${application}-green`].includes(deployment)
}

/** What the Deployments are called that are in another slot, or in none. */
export function namesIn(slot: Slot | undefined, deployments: Deployment[]): string[] {
  return deployments.map(deployment => nameIn(slot, deployment))
}

function nameIn(slot: Slot | undefined, { metadata: { name }, spec }: Deployment): string {
  const own = slotIn(spec.selector?.matchLabels)
  const base = own ? name.slice(0, -`-${own}`.length) : name
  return slot ? `${base}-${slot}` : base
}

/**
 * A release with each application in its slot: its Deployments have the slot in their names and labels, and what is there for their
 * pods alone (Services, PodDisruptionBudgets, autoscalers) goes with them. One that is in a slot already is moved.
 */
export function placeInSlots(release: Release, slots: Slots): Release {
  const objects = structuredClone(release.objects)
  const names = new Map<string, string>()
  for (const [service, slot] of Object.entries(slots))
    for (const [name, placed] of place(objects, service, slot)) names.set(name, placed)
  const workloads = release.workloads.map(workload =>
    workload.kind === "Deployment" ? { ...workload, name: names.get(workload.name) ?? workload.name } : workload,
  )
  return { ...release, objects, workloads }
}

/** The Deployments' names, with those that they have now. */
function place(objects: KubernetesObject[], service: string, slot: Slot | undefined): Map<string, string> {
  const deployments = deploymentsBehind(objects, service)
  if (deployments.every(({ spec }) => slotIn(spec.selector?.matchLabels) === slot)) return new Map()
  for (const front of servicesOf(objects, service)) front.spec.selector = withSlot(front.spec.selector, slot)
  for (const { spec } of objects.filter(object => isKind(object, "PodDisruptionBudget")))
    if (spec.selector && isFor(spec.selector.matchLabels, deployments, objects))
      spec.selector.matchLabels = withSlot(spec.selector.matchLabels, slot)
  const names = new Map<string, string>()
  for (const deployment of deployments) {
    const { name } = deployment.metadata
    const placed = nameIn(slot, deployment)
    for (const target of objects.flatMap(targetsOf)) if (isDeployment(target, name)) target.name = placed
    placeDeployment(deployment, placed, slot)
    names.set(name, placed)
  }
  return names
}

function placeDeployment(deployment: Deployment, name: string, slot: Slot | undefined): void {
  const { metadata, spec, ...rest } = deployment
  metadata.name = name
  spec.selector = { ...spec.selector, matchLabels: withSlot(spec.selector?.matchLabels, slot) }
  spec.template.metadata = { ...spec.template.metadata, labels: withSlot(labelsOf(deployment), slot) }
  const { [CONTENT]: _, ...annotations } = metadata.annotations ?? {}
  metadata.annotations = annotations
  if (slot) metadata.annotations[CONTENT] = digestOf({ ...rest, metadata, spec })
}

/**
 * The Services that go with an application's slot: its own, and those that are for its pods alone. A headless one names pods, not
 * an address: it goes on naming all.
 */
export function servicesOf(objects: KubernetesObject[], service: string): Service[] {
  const deployments = deploymentsBehind(objects, service)
  return objects
    .filter((object): object is Service => isKind(object, "Service"))
    .filter(({ metadata, spec }) => metadata.name === service || spec.clusterIP !== "None")
    .filter(({ spec }) => isFor(spec.selector, deployments, objects))
}

/** Whether a selector picks pods of these Deployments, and of no other workload. */
function isFor(selector: Labels | undefined, deployments: Deployment[], objects: KubernetesObject[]): boolean {
  const selected = objects.filter(object => isWorkload(object.kind) && picks(selector, object))
  return selected.length > 0 && selected.every(object => deployments.some(deployment => deployment === object))
}

/** Whether a selector picks the pods that an object makes, whichever ReplicaSet they are of. */
function picks(selector: Labels | undefined, object: KubernetesObject): boolean {
  const { [TEMPLATE_HASH]: _, ...labels } = selector ?? {}
  return selects(labels, labelsOf(object))
}

/** The labels of the pods that an object makes. */
function labelsOf(object: KubernetesObject): Labels | undefined {
  return podsOf(object)?.template.metadata?.labels
}

function withSlot(labels: Labels | undefined, slot: Slot | undefined): Labels {
  const { [SLOT]: _, [TEMPLATE_HASH]: __, ...others } = labels ?? {}
  return slot ? { ...others, [SLOT]: slot } : others
}

interface Target {
  kind?: string
  name: string
}

/** What an object gives a number of pods, as autoscalers of Kubernetes and of KEDA do, or a size, as vertical ones do. */
function targetsOf(object: KubernetesObject): Target[] {
  const { targetRef } = (object.spec ?? {}) as Record<string, unknown>
  return [scaleTargetOf(object), targetRef].filter(isTarget)
}

/** What an object gives a number of pods: an autoscaler of Kubernetes, or of KEDA (by default a Deployment). */
export function scaleTargetOf({ spec }: KubernetesObject): Target | undefined {
  const { scaleTargetRef } = (spec ?? {}) as Record<string, unknown>
  return isTarget(scaleTargetRef) ? scaleTargetRef : undefined
}

function isTarget(value: unknown): value is Target {
  return value instanceof Object && "name" in value
}

function isDeployment({ kind = "Deployment", name }: Target, deployment: string): boolean {
  return kind === "Deployment" && name === deployment
}

/** A release whose Service selects no other pods than those of one ReplicaSet, by its hash: nothing else tells them from a slot's. */
export function narrowed(release: Release, service: string, hash: string): Release {
  const objects = structuredClone(release.objects)
  for (const { spec } of servicesOf(objects, service)) spec.selector = { ...spec.selector, [TEMPLATE_HASH]: hash }
  return { ...release, objects }
}
