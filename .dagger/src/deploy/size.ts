import type { Kubectl } from "../kubernetes/kubectl.js"
import type { KubernetesObject } from "../manifests/render.js"
import { isKind } from "../manifests/shapes.js"
import { deploymentIn } from "../status/deployment.js"
import type { Snapshot } from "../status/snapshot.js"
import { settleAll } from "../util/settle.js"

/** Signs the number of pods that a Deployment begins with: the manifests, whose fields are this module's own, leave it to an autoscaler. */
const SIZE_MANAGER = "cloud-native-size"

export interface Size {
  name: string
  replicas: number
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
  const left = objects
    .filter(object => isKind(object, "Deployment"))
    .filter(({ metadata, spec }) => spec.replicas === undefined && !deploymentIn(before, metadata.name))
    .map(({ metadata }) => metadata.name)
  return objects
    .filter(object => isKind(object, "HorizontalPodAutoscaler"))
    .flatMap(({ spec: { scaleTargetRef: target, minReplicas: replicas = 1 } }) =>
      target.kind === "Deployment" && left.includes(target.name) && replicas > 1
        ? [{ name: target.name, replicas }]
        : [],
    )
}
