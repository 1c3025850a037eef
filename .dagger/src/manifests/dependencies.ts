import { isWorkload } from "./kinds.js"
import { containersOf } from "./pods.js"
import { isSelected } from "./services.js"
import { isKind, type KubernetesObject } from "./shapes.js"

/** Where a Service without a selector leads to. */
const ENDPOINTS = ["Endpoints", "EndpointSlice"]

/**
 * What migrations may need of a release's objects: the workloads that run no image of the release, such as a database or a
 * broker, and the Services that lead to no pods of the release's own images.
 */
export function dependenciesOf(objects: KubernetesObject[], images: string[]): KubernetesObject[] {
  const runsOwn = (object: KubernetesObject) =>
    containersOf(object).some(({ container }) => images.includes(container.image))
  const own = objects.filter(runsOwn)
  return objects.filter(object => {
    if (isKind(object, "Service")) return !own.some(workload => isSelected(object, workload))
    return ENDPOINTS.includes(object.kind) || (isWorkload(object.kind) && !runsOwn(object))
  })
}
