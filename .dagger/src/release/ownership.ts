import { type Identity, intersect, subtract } from "../kubernetes/object-ref.js"
import type { ReleaseSummary } from "./history.js"
import type { Present } from "./live-objects.js"

/**
 * What of a release's objects is not this module's to delete: without its labels, or with them but in no record, or
 * somebody else's since before a deployment that failed, which gave it the labels.
 */
export function unownedObjects(there: Present[], before: ReleaseSummary[]): Identity[] {
  const recorded = subtract(
    before.flatMap(({ inventory }) => inventory),
    foreignTo(before),
  )
  return subtract(
    there,
    intersect(
      there.filter(({ managed }) => managed),
      recorded,
    ),
  )
}

/** What releases found there, until one that has it has succeeded: that one has taken it over. */
export function foreignTo(entries: ReleaseSummary[]): Identity[] {
  return entries.flatMap(({ found }, index) => {
    const succeeded = entries.slice(index).filter(({ outcome }) => outcome === "succeeded")
    return subtract(
      found,
      succeeded.flatMap(({ inventory }) => inventory),
    )
  })
}
