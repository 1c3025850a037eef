import type { Path } from "./manifest.js"
import { type Container, isKind, type KubernetesObject, type PodTemplate } from "./shapes.js"

export interface Pods {
  template: PodTemplate
  /** Where the template stands in its object. */
  path: Path
}

/** The pods that an object makes, where it makes any. */
export function podsOf(object: KubernetesObject): Pods | undefined {
  if (isKind(object, "Pod")) return { template: object as unknown as PodTemplate, path: [] }
  if (isKind(object, "CronJob"))
    return { template: object.spec.jobTemplate.spec.template, path: ["spec", "jobTemplate", "spec", "template"] }
  for (const kind of ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"] as const)
    if (isKind(object, kind)) return { template: object.spec.template, path: ["spec", "template"] }
  return undefined
}

/** Seconds that Kubernetes gives a pod to end, where it says nothing. */
export const DEFAULT_GRACE = 30

export interface PlacedContainer {
  container: Container
  path: Path
}

/** Every container of the pods that an object makes, init containers included. */
export function containersOf(object: KubernetesObject): PlacedContainer[] {
  const pods = podsOf(object)
  if (!pods) return []
  return (["initContainers", "containers"] as const).flatMap(list =>
    (pods.template.spec[list] ?? []).map((container, index) => ({
      container,
      path: [...pods.path, "spec", list, index],
    })),
  )
}
