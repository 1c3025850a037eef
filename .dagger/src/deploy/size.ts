import { FIELD_MANAGER, type Kubectl, list } from "../kubernetes/kubectl.js"
import type { KubernetesObject } from "../manifests/render.js"
import { isKind } from "../manifests/shapes.js"
import { scaleTargetOf } from "../manifests/slots.js"
import { deploymentIn } from "../status/deployment.js"
import { readSetState } from "../status/read-set.js"
import type { Snapshot } from "../status/snapshot.js"
import type { LiveWorkload } from "../status/workload.js"
import { settleAll } from "../util/settle.js"

/** Signs the number of pods that a workload has for now: the manifests, whose fields are this module's own, leave it to an autoscaler. */
const SIZE_MANAGER = "cloud-native-size"

export interface Size {
  name: string
  replicas: number
}

/** The kinds that an autoscaler gives a number of pods. */
type Sized = "Deployment" | "StatefulSet"

/**
 * Keep the pods of what leaves their number to an autoscaler from this release on: a field that its only owner leaves out becomes its
 * default at once, one pod. As Kubernetes' documentation hands it over (Server-Side Apply, transferring ownership).
 */
export async function keepSizes(kubectl: Kubectl, objects: KubernetesObject[], before: Snapshot): Promise<void> {
  const found = autoscaled(objects).map(async ({ kind, name }) => {
    const live = kind === "Deployment" ? deploymentIn(before, name) : (await readSetState(kubectl, kind, name))?.live
    return live && isOwnSize(live)
      ? [{ apiVersion: "apps/v1", kind, metadata: { name }, spec: { replicas: live.spec.replicas } }]
      : []
  })
  const kept = (await settleAll(found)).flat()
  if (kept.length === 0) return
  await kubectl.must(
    ["apply", "--server-side", `--field-manager=${SIZE_MANAGER}`, "--validate=false", "--filename=-"],
    list(kept),
  )
}

/** The workloads whose manifests leave their number of pods to an autoscaler of the same release. */
export function autoscaled(objects: KubernetesObject[]): { kind: Sized; name: string }[] {
  const targets = objects.flatMap(object => scaleTargetOf(object) ?? [])
  return objects.flatMap(object => {
    if (!isKind(object, "Deployment") && !isKind(object, "StatefulSet")) return []
    const { kind, metadata, spec } = object
    const isTarget = targets.some(target => (target.kind ?? "Deployment") === kind && target.name === metadata.name)
    return isTarget && spec.replicas === undefined ? [{ kind, name: metadata.name }] : []
  })
}

/** Whether nobody but this module has given a workload its number of pods. */
export function isOwnSize({ metadata }: LiveWorkload): boolean {
  const owners = metadata.managedFields.filter(({ fieldsV1 }) => "f:replicas" in Object(fieldsV1["f:spec"]))
  return owners.length > 0 && owners.every(({ manager }) => manager === FIELD_MANAGER)
}

/** Give a Deployment a number of pods, which its autoscaler goes on from. */
export async function resize(kubectl: Kubectl, { name, replicas }: Size): Promise<void> {
  const patch = JSON.stringify({ spec: { replicas } })
  const args = ["--type=merge", `--field-manager=${SIZE_MANAGER}`, `--patch=${patch}`]
  await kubectl.must(["patch", `deployment/${name}`, ...args])
}

/** Let new Deployments begin with their autoscalers' minimum: Kubernetes begins with one pod, and adds the others up to 15 s later. */
export async function startAtMinimum(kubectl: Kubectl, objects: KubernetesObject[], before: Snapshot): Promise<void> {
  await settleAll(firstSizes(objects, before).map(size => resize(kubectl, size)))
}

/** The new Deployments that leave their number of pods to an autoscaler whose minimum is more than one. */
export function firstSizes(objects: KubernetesObject[], before: Snapshot): Size[] {
  const left = autoscaled(objects)
    .filter(({ kind, name }) => kind === "Deployment" && !deploymentIn(before, name))
    .map(({ name }) => name)
  return objects
    .filter(object => isKind(object, "HorizontalPodAutoscaler"))
    .flatMap(({ spec: { scaleTargetRef: target, minReplicas: replicas = 1 } }) =>
      target.kind === "Deployment" && left.includes(target.name) && replicas > 1
        ? [{ name: target.name, replicas }]
        : [],
    )
}
