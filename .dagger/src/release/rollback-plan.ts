import { type Identity, intersect, subtract } from "../kubernetes/object-ref.js"
import { isConfig, isDapr, isWorkload } from "../manifests/kinds.js"
import { lastSucceeded } from "./candidates.js"
import type { ReleaseSummary } from "./history.js"
import { toPrune } from "./replaced.js"

/** How things stood when a deployment began. */
export interface Before {
  /** What has been recorded. */
  entries: ReleaseSummary[]
  /** The objects of the release that existed, whatever created them. */
  there: Identity[]
  /** What of that is somebody else's. */
  found: Identity[]
}

/** How a release that failed is undone. */
export interface RollbackPlan {
  action: "none" | "withdrawn" | "kept" | "rolled-back" | "removed"
  /** The release that is gone back to. */
  to?: string
  remove: Identity[]
  /** What was somebody else's, and stays as the release has made it. */
  left: Identity[]
}

/** What is said of a release that fails, beside its objects. */
const FAILED = { id: "", outcome: "failed", content: "" } as const

/**
 * Back to the last release that succeeded, or, where there was none, to nothing; what runs there and was brought by somebody
 * else is no nothing. `beside`: Deployments that no user has reached; they go, even if they were there. Before any pod was changed, what was there is needed still: only what the release has added goes.
 */
export function planRollback(
  applied: Identity[],
  { changed, keepFailed, beside = [] }: { changed: boolean; keepFailed: boolean; beside?: Identity[] },
  { entries, there, found }: Before,
  moved: Identity[] = [],
): RollbackPlan {
  const previous = lastSucceeded(entries)
  const current = previous?.inventory ?? []
  const left = subtract(intersect(found, applied), current)
  const failed: ReleaseSummary = { ...FAILED, inventory: applied, found }
  if (!changed)
    return {
      action: beside.length > 0 ? "withdrawn" : "none",
      remove: toPrune(current, [{ ...failed, inventory: subtract(applied, subtract(there, beside)) }]),
      left,
    }
  if (!previous && (keepFailed || found.some(({ kind }) => isWorkload(kind))))
    return { action: "kept", remove: [], left: [] }
  const remove = withoutNeeded(toPrune(current, [...entries, failed]), moved)
  return previous ? { action: "rolled-back", to: previous.id, remove, left } : { action: "removed", remove, left }
}

/** What somebody else has changed stays, and so does what its pods may need: the next release that succeeds removes the rest. */
function withoutNeeded(remove: Identity[], moved: Identity[]): Identity[] {
  if (moved.length === 0) return remove
  return subtract(remove, moved).filter(
    ({ apiVersion, kind }) => !isConfig(kind) && !isDapr(apiVersion) && kind !== "Secret" && kind !== "Service",
  )
}
