import { KEPT } from "../../.dagger/src/release/candidates.ts"
import { parseIdentities } from "../../.dagger/src/release/history.ts"

/** An object of a namespace, as far as it matters for why it is there. */
export interface Found {
  kind: string
  metadata: {
    name: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    ownerReferences?: { kind: string; name: string }[]
  }
  spec?: { revisionHistoryLimit?: number }
}

const RECORD = "cloud-native/record"
const REVISION = "deployment.kubernetes.io/revision"
/** What a release that is gone back to needs. */
const CONFIG = ["ConfigMap", "Secret"]

/**
 * What is in a namespace for no reason. There is one for: what was there before; what the latest release consists of; the
 * configuration and the records of the last ten; what Kubernetes makes of all that, old ReplicaSets as many as are asked for.
 */
export function leftovers(found: Found[], before: Found[]): string[] {
  const was = new Set(before.map(keyOf))
  const records = kept(found, "Secret", "release")
  const inventories = records.map(({ metadata: { annotations } }) =>
    parseIdentities(annotations?.["cloud-native/inventory"] ?? ""),
  )
  const released = new Set([
    ...(inventories.at(-1) ?? []).map(({ kind, name }) => `${kind}/${name}`),
    ...inventories
      .flat()
      .filter(({ kind }) => CONFIG.includes(kind))
      .map(({ kind, name }) => `${kind}/${name}`),
    ...[...records, ...kept(found, "ConfigMap", "report")].map(keyOf),
  ])
  const byKey = new Map(found.map(object => [keyOf(object), object]))
  const surplus = new Set(
    found.filter(({ kind }) => kind === "Deployment").flatMap(deployment => oldReplicaSets(found, deployment)),
  )
  const hasReason = (object: Found): boolean => {
    const key = keyOf(object)
    if (was.has(key) || released.has(key)) return true
    if (surplus.has(key)) return false
    if (object.kind === "Endpoints") return byKey.has(`Service/${object.metadata.name}`)
    return (object.metadata.ownerReferences ?? []).some(({ kind, name }) => {
      const owner = byKey.get(`${kind}/${name}`)
      return owner !== undefined && hasReason(owner)
    })
  }
  return found
    .filter(object => !hasReason(object))
    .map(keyOf)
    .sort()
}

function kept(found: Found[], kind: string, record: string): Found[] {
  const records = found.filter(object => object.kind === kind && object.metadata.labels?.[RECORD] === record)
  return records.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)).slice(-KEPT)
}

/** The ReplicaSets of a Deployment beyond the present one and as many old ones as its revisionHistoryLimit allows. */
function oldReplicaSets(found: Found[], { metadata, spec }: Found): string[] {
  const owned = found.filter(
    ({ kind, metadata: { ownerReferences = [] } }) =>
      kind === "ReplicaSet" &&
      ownerReferences.some(owner => owner.kind === "Deployment" && owner.name === metadata.name),
  )
  const revision = (object: Found) => Number(object.metadata.annotations?.[REVISION] ?? 0)
  return owned
    .sort((a, b) => revision(b) - revision(a))
    .slice((spec?.revisionHistoryLimit ?? 10) + 1)
    .map(keyOf)
}

function keyOf({ kind, metadata }: Found): string {
  return `${kind}/${metadata.name}`
}
