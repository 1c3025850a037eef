import { type Identity, keyOf, subtract } from "../kubernetes/object-ref.js"
import { expired } from "./candidates.js"
import type { ReleaseSummary } from "./history.js"
import { foreignTo } from "./ownership.js"

/** What a release is configured with: an earlier release that is gone back to needs its own. */
const CONFIG = ["ConfigMap", "Secret"]
/** Nothing the module does may delete data. */
const DATA = ["PersistentVolumeClaim"]

/**
 * What the releases in these records brought and the one that runs now does not have. Only what stands in a record of this
 * module's is ever deleted, and nothing that was somebody else's; the configuration of what can be gone back to stays.
 */
export function toPrune(current: Identity[], entries: ReleaseSummary[]): Identity[] {
  const known = new Map(entries.flatMap(({ inventory }) => inventory).map(identity => [keyOf(identity), identity]))
  const gone = expired(entries)
  const kept = entries
    .filter(entry => entry.outcome === "succeeded" && !gone.includes(entry))
    .flatMap(({ inventory }) => inventory)
  const needed = [...current, ...kept.filter(({ kind }) => CONFIG.includes(kind)), ...foreignTo(entries)]
  return subtract([...known.values()], needed).filter(({ kind }) => !DATA.includes(kind))
}

/** What goes once a release has succeeded. */
export function replacedBy(entry: ReleaseSummary, before: ReleaseSummary[]): Identity[] {
  return toPrune(entry.inventory, [...before, { ...entry, outcome: "succeeded" }])
}
