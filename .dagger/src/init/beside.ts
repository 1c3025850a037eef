import { commonFolder, inFolder, isIn, parentOf, relativeTo } from "../gate/layout.js"
import { isDapr } from "../manifests/kinds.js"
import type { Manifest } from "../manifests/parse.js"
import { podsOf } from "../manifests/pods.js"
import { isSelected, selects } from "../manifests/services.js"
import { isKind, type KubernetesObject } from "../manifests/shapes.js"
import { leaves } from "../util/leaves.js"

/** A folder with manifests, as `manifests` of the config may name it. */
export interface Folder {
  path: string
  manifests: Manifest[]
}

/**
 * The folders of manifests below the generation's, and below the root, with the kustomizations that are of them. Files in one
 * of these two themselves are in none: their neighbours are no manifests.
 */
export function foldersOf(manifests: Manifest[], kustomizations: string[], generation: string | undefined): Folder[] {
  const top = (file: string) => {
    const above = generation !== undefined && isIn(generation, file) ? generation : "."
    return inFolder(above, relativeTo(above, file).split("/")[0]!)
  }
  const inside = manifests.filter(({ file }) => parentOf(file) !== "." && parentOf(file) !== generation)
  return [...new Set(inside.map(({ file }) => top(file)))].map(folder => {
    const own = inside.filter(({ file }) => isIn(folder, file))
    const files = [...own.map(({ file }) => file), ...kustomizations.filter(file => isIn(folder, file))]
    return { path: commonFolder(files)!, manifests: own }
  })
}

/** Whether manifests belong to others: one side names an object of the other, selects its pods, or is read by its sidecars. */
export function belongTogether(some: Manifest[], others: Manifest[]): boolean {
  return refer(some, others) || refer(others, some)
}

function refer(from: Manifest[], to: Manifest[]): boolean {
  const names = new Set(to.map(({ object }) => object.metadata.name))
  return from.some(
    ({ object }) =>
      namesIn(object).some(name => names.has(name)) || to.some(other => selectsPodsOf(object, other.object)),
  )
}

/** A name alone, or the first part of the host in an address: postgres of postgresql://app@postgres.shop:5432/app. */
const NAME = /^(?:[\w+.-]+:\/\/)?(?:[^@\s/]*@)?([a-z0-9][a-z0-9-]*)(?=[.:/]|$)/

/** Where a name is of the object's own parts, or of an image. */
const PART = /(^|\.)(image|(containers|initContainers|ports|volumes|env)\[\d+\]\.name)$/

function namesIn({ metadata: _, kind: _kind, apiVersion: _version, ...fields }: KubernetesObject): string[] {
  return leaves(fields).flatMap(([path, text]) => {
    const value: unknown = JSON.parse(text)
    return typeof value === "string" && !PART.test(path) ? (NAME.exec(value)?.[1] ?? []) : []
  })
}

function selectsPodsOf(object: KubernetesObject, other: KubernetesObject): boolean {
  const pods = podsOf(other)?.template.metadata
  if (isKind(object, "Service")) return isSelected(object, other)
  if (isKind(object, "PodDisruptionBudget")) return selects(object.spec.selector?.matchLabels, pods?.labels)
  return isDapr(object.apiVersion) && pods?.annotations?.["dapr.io/enabled"] === "true"
}
