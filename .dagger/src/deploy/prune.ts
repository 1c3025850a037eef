import type { Kubectl } from "./kubectl.js"
import { formatIdentity, type Entry, type Identity } from "./record.js"

/** What a release is configured with: an earlier release that is gone back to needs its own. */
const CONFIG = ["ConfigMap", "Secret"]
/** Nothing the module does may delete data. */
const DATA = ["PersistentVolumeClaim"]

/**
 * What earlier releases brought and the one that runs now does not have. Only what stands in a record of this module's
 * is ever deleted; the configuration of the releases that are `kept` stays.
 */
export function toPrune(current: Identity[], entries: Entry[], kept: Entry[]): Identity[] {
  const keep = new Set([...current, ...kept.flatMap(({ inventory }) => inventory).filter(({ kind }) => CONFIG.includes(kind))].map(formatIdentity))
  const known = new Map(entries.flatMap(({ inventory }) => inventory).map(identity => [formatIdentity(identity), identity]))
  return [...known].filter(([key, { kind }]) => !keep.has(key) && !DATA.includes(kind)).map(([, identity]) => identity)
}

/** Delete objects, those that are there; with `wait`, until they are gone. */
export async function remove(kubectl: Kubectl, identities: Identity[], wait: boolean): Promise<void> {
  if (identities.length === 0) return
  const items = identities.map(({ apiVersion, kind, name }) => ({ apiVersion, kind, metadata: { name } }))
  await kubectl.must(
    ["delete", "--filename=-", "--ignore-not-found", `--wait=${wait}`, "--timeout=60s"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  )
}
