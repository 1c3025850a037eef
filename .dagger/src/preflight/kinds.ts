import type { Kubectl } from "../kubernetes/kubectl.js"
import type { KubernetesObject } from "../manifests/render.js"
import { CloudNativeError } from "../util/errors.js"

/** How the API calls the objects of a kind. */
export interface Resource {
  group: string
  resource: string
}

/** The groups that every cluster has, whose kinds have regular plurals. */
const BUILT_IN = [
  "",
  "apps",
  "autoscaling",
  "batch",
  "policy",
  "networking.k8s.io",
  "rbac.authorization.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
]

export interface Kinds {
  resources: Resource[]
  /** Kinds that the cluster does not know. */
  unknown: string[]
}

/** The resources of these objects; of kinds that are no part of Kubernetes itself, the cluster is asked. */
export async function kindsOf(kubectl: Kubectl, objects: KubernetesObject[]): Promise<Kinds> {
  const custom = [...new Set(objects.map(groupOf))].filter(group => !BUILT_IN.includes(group))
  // Its exit code tells of other groups as well, such as metrics that are away for a moment.
  const known = await Promise.all(
    custom.map(group => kubectl.run(["api-resources", `--api-group=${group}`, "--no-headers"])),
  )
  return named(objects, parseApiResources(known.map(({ stdout }) => stdout).join("\n")))
}

/** Kind.group → its plural, of what `kubectl api-resources --no-headers` prints: NAME [SHORTNAMES] APIVERSION NAMESPACED KIND. */
export function parseApiResources(text: string): Map<string, string> {
  const rows = text
    .split("\n")
    .map(line => line.trim().split(/\s+/))
    .filter(columns => columns.length >= 4)
  return new Map(rows.map(columns => [`${columns.at(-1)}.${groupOf({ apiVersion: columns.at(-3)! })}`, columns[0]!]))
}

/** Each object's resource, once; `custom` has the plurals of kinds that are no part of Kubernetes. */
export function named(objects: Pick<KubernetesObject, "apiVersion" | "kind">[], custom: Map<string, string>): Kinds {
  const byKey = new Map(objects.map(object => [`${object.kind}.${groupOf(object)}`, object]))
  const kinds = [...byKey].map(([key, { apiVersion, kind }]) => {
    const group = groupOf({ apiVersion })
    return {
      group,
      resource: custom.get(key) ?? (BUILT_IN.includes(group) ? pluralOf(kind) : undefined),
      name: `${kind} (${apiVersion})`,
    }
  })
  return {
    resources: kinds.flatMap(({ group, resource }) => (resource ? { group, resource } : [])),
    unknown: kinds.flatMap(({ resource, name }) => (resource ? [] : name)),
  }
}

/** Throw where the cluster does not know a kind. */
export function assertKnown({ unknown }: Kinds): void {
  if (unknown.length === 0) return
  throw new CloudNativeError({
    code: "KINDS_MISSING",
    blame: "user",
    what: "the manifests have objects of kinds that the cluster does not know",
    why: unknown.join("\n"),
    fix: "install what brings these kinds (their CustomResourceDefinitions) once per cluster, or take the objects out of the manifests",
  })
}

function groupOf({ apiVersion }: Pick<KubernetesObject, "apiVersion">): string {
  return apiVersion.includes("/") ? apiVersion.split("/")[0]! : ""
}

function pluralOf(kind: string): string {
  const singular = kind.toLowerCase()
  if (singular === "endpoints") return singular
  if (singular.endsWith("y")) return singular.replace(/y$/, "ies")
  return /(s|x|ch)$/.test(singular) ? `${singular}es` : `${singular}s`
}
