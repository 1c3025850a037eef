import { CloudNativeError } from "../util/errors.js"
import type { ReleaseSummary } from "./history.js"

/** Releases, and reports, that are kept; what a failure or a rollback goes back to is kept beyond that. */
export const KEPT = 10

/** The release that a failure goes back to: one that failed serves where the previous one no longer can. Undefined where none has succeeded yet. */
export function lastSucceeded(entries: ReleaseSummary[]): ReleaseSummary | undefined {
  return entries.findLast(({ outcome, left }) => outcome === "succeeded" || left === "serving")
}

/** The release that was there before the present one, which may have been deployed more than once. */
export function lastOther(entries: ReleaseSummary[]): ReleaseSummary | undefined {
  const present = lastSucceeded(entries)
  return lastSucceeded(entries.filter(({ content }) => content !== present?.content))
}

/** The id of the release that a rollback by hand goes back to: after a deployment that was killed, or not undone, the last that succeeded. */
export function previousOf(entries: ReleaseSummary[]): string {
  const last = entries.at(-1)
  const previous = last && isUnfinished(last) ? lastSucceeded(entries) : lastOther(entries)
  if (previous) return previous.id
  throw new CloudNativeError({
    code: "RECORD_MISSING",
    blame: "user",
    what: "there is no release to go back to",
    why: "no other than the present one has succeeded here",
    fix: "deploy what is to run",
  })
}

/** Whether parts of a release may run beside what ran before. A rollback like that goes on to where it was going. */
function isUnfinished({ outcome, left, reached }: ReleaseSummary): boolean {
  return reached?.kind !== "rollback" && (outcome === "pending" || left === "parts")
}

/** The records that no failure or rollback needs any more. */
export function expired(entries: ReleaseSummary[]): ReleaseSummary[] {
  const kept = new Set([...entries.slice(-KEPT), lastSucceeded(entries), lastOther(entries)])
  return entries.filter(entry => !kept.has(entry))
}
