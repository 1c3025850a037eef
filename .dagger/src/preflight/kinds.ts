import { z } from "zod"

import type { Kubectl } from "../kubernetes/kubectl.js"
import { type Crd, servedBy } from "../manifests/crds.js"
import type { KubernetesObject } from "../manifests/render.js"
import { CloudNativeError, lastLines } from "../util/errors.js"
import { groupOf, type Known, parseApiResources } from "./api-resources.js"
import { crdsWithout } from "./crds.js"

/** How the API calls the objects of a kind. */
export interface Resource {
  group: string
  resource: string
}

export interface Kinds {
  resources: Resource[]
  /** Kinds that the cluster does not know, or not in the version of the manifests. */
  unknown: string[]
}

/** The resources of these objects, as the cluster calls them, or will once it has the CustomResourceDefinitions that it lacks. */
export async function kindsOf(
  kubectl: Kubectl,
  objects: KubernetesObject[],
  crds: Crd[],
): Promise<Kinds & { missing: Crd[] }> {
  const [resources, versions] = await Promise.all([
    kubectl.run(["api-resources", "--no-headers"]),
    kubectl.run(["api-versions"]),
  ])
  // The exit code also tells of groups that are away for a moment, such as metrics.
  const known = parseApiResources(resources.stdout)
  const served = versions.stdout.split("\n").filter(Boolean)
  if (known.size === 0) {
    console.log(`preflight: the kinds of the cluster are not checked: ${lastLines(resources.stderr, 1)}`)
    return { resources: [], unknown: [], missing: [] }
  }
  const looked = await kindsIn(kubectl, uncertain(objects, known, served))
  const missing = crdsWithout(known, crds)
  const all = withCrds(known, served, missing)
  return { ...named(objects, all.known, all.versions, looked), missing }
}

/** What the cluster has, and what it will with these; of versions, it may not say which it has. */
export function withCrds(
  known: Map<string, Known>,
  versions: string[],
  crds: Crd[],
): { known: Map<string, Known>; versions: string[] } {
  const added = crds.flatMap(crd => {
    const { names, group } = crd.object.spec
    const [apiVersion] = servedBy(crd)
    return apiVersion ? [[`${names.kind}.${group}`, { resource: names.plural, apiVersion }] as const] : []
  })
  return {
    known: new Map([...known, ...added]),
    versions: versions.length > 0 ? [...versions, ...crds.flatMap(servedBy)] : [],
  }
}

/** The versions that the cluster serves and does not prefer: one may have other kinds of its group only. */
function uncertain(objects: KubernetesObject[], known: Map<string, Known>, versions: string[]): string[] {
  const others = objects.filter(object => {
    const found = known.get(`${object.kind}.${groupOf(object)}`)
    return found && found.apiVersion !== object.apiVersion && versions.includes(object.apiVersion)
  })
  return [...new Set(others.map(({ apiVersion }) => apiVersion))]
}

const ResourceList = z.object({ resources: z.array(z.object({ kind: z.string() })) })

/** The kinds of each of these versions; a version is left out where it does not say. */
async function kindsIn(kubectl: Kubectl, versions: string[]): Promise<Map<string, string[]>> {
  const lists = await Promise.all(
    versions.map(async version => {
      const { exitCode, stdout } = await kubectl.run(["get", "--raw", `/apis/${version}`])
      const kinds =
        exitCode === 0 ? ResourceList.parse(JSON.parse(stdout)).resources.map(({ kind }) => kind) : undefined
      return kinds ? [[version, kinds] as const] : []
    }),
  )
  return new Map(lists.flat())
}

/**
 * Each object's resource, once. `versions`: all that the cluster serves; none where it does not say. `kindsIn`: the kinds of
 * a version, where that was looked at.
 */
export function named(
  objects: Pick<KubernetesObject, "apiVersion" | "kind">[],
  known: Map<string, Known>,
  versions: string[],
  kindsIn: Map<string, string[]> = new Map(),
): Kinds {
  const kinds = new Map(objects.map(object => [`${object.kind} (${object.apiVersion})`, object]))
  const resources = new Map<string, Resource>()
  const unknown: string[] = []
  for (const [name, object] of kinds) {
    const found = known.get(`${object.kind}.${groupOf(object)}`)
    if (!found) unknown.push(name)
    else if (
      (versions.length > 0 && !versions.includes(object.apiVersion)) ||
      kindsIn.get(object.apiVersion)?.includes(object.kind) === false
    )
      unknown.push(`${name}: the cluster has ${found.apiVersion}`)
    else resources.set(`${found.resource}.${groupOf(object)}`, { group: groupOf(object), resource: found.resource })
  }
  return { resources: [...resources.values()], unknown }
}

/** Throw where the cluster does not know a kind, or not in that version. */
export function assertKnown({ unknown }: Kinds): void {
  if (unknown.length === 0) return
  throw new CloudNativeError({
    code: "KINDS_MISSING",
    blame: "user",
    what: "the manifests have objects of kinds that the cluster does not know",
    why: unknown.join("\n"),
    fix: "write the apiVersion that the cluster has; where it has none, install what brings the kind (its CustomResourceDefinition) once per cluster, or take the object out of the manifests",
  })
}
