import { describeIdentity, type Identity, intersect, subtract } from "../kubernetes/object-ref.js"
import { CloudNativeError } from "../util/errors.js"
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

/** Whose an object is, where it is another application's: the Helm release shop. */
export function describeOwner({ owner, helm }: Present): string | undefined {
  if (helm !== undefined) return `the Helm release ${helm}`
  return owner === undefined ? undefined : `the name ${owner}`
}

/** Throw where objects of a release are another name's or Helm's: each deployment of the two would undo the other's. */
export function assertNotOwned(there: Present[], namespace: string): void {
  const ofOthers = there.filter(object => describeOwner(object) !== undefined)
  if (ofOthers.length === 0) return
  throw new CloudNativeError({
    code: "OWNED_BY_ANOTHER",
    blame: "user",
    what: `objects of the manifests belong to another application in the namespace ${namespace}`,
    why: ofOthers.map(object => `${describeIdentity(object)} belongs to ${describeOwner(object)}`).join("\n"),
    fix: "give the objects other names, or deploy to another namespace; to take them over on purpose, as from Helm (docs/helm.md) or after a change of name in cloud-native.yaml: read plan, then deploy --take-over",
  })
}
