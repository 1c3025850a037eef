import { among, type Identity, without } from "../kubernetes/object-ref.js"
import type { Entry } from "./history.js"
import type { Present } from "./live-objects.js"

/**
 * What of a release's objects is not this module's to delete: without its labels, or with them but in no record, or
 * somebody else's since before a deployment that failed, which gave it the labels.
 */
export function foundBy(there: Present[], before: Entry[]): Identity[] {
  const recorded = without(
    before.flatMap(({ inventory }) => inventory),
    foreignTo(before),
  )
  return without(
    there,
    among(
      there.filter(({ ours }) => ours),
      recorded,
    ),
  )
}

/** What releases found there, until one that has it has succeeded: that one has taken it over. */
export function foreignTo(entries: Entry[]): Identity[] {
  return entries.flatMap(({ found }, index) => {
    const succeeded = entries.slice(index).filter(({ outcome }) => outcome === "succeeded")
    return without(
      found,
      succeeded.flatMap(({ inventory }) => inventory),
    )
  })
}
