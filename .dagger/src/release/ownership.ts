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

/** Throw where objects of a release are another name's or Helm's: each deployment of the two would undo the other's. */
export function assertNotOwned(there: Present[], name: string, namespace: string): void {
  const ofOthers = there.filter(({ owner }) => owner !== undefined)
  const ofHelm = there.filter(({ helm }) => helm !== undefined)
  if (ofOthers.length + ofHelm.length === 0) return
  throw new CloudNativeError({
    code: "OWNED_BY_ANOTHER",
    blame: "user",
    what: `objects of the manifests belong to another application in the namespace ${namespace}`,
    why: [
      ...ofOthers.map(object => `${describeIdentity(object)} was deployed by the name ${object.owner}`),
      ...ofHelm.map(object => `${describeIdentity(object)} is part of the Helm release ${object.helm}`),
    ].join("\n"),
    fix: [
      "give the objects other names, or deploy to another namespace",
      ofOthers.length > 0 &&
        `to take them over on purpose, as after a change of name in cloud-native.yaml: ${labelling(ofOthers, namespace)} app.kubernetes.io/part-of=${name} --overwrite`,
      ofHelm.length > 0 &&
        `to take them over from Helm on purpose, which changes nothing that runs (docs/helm.md): ${labelling(ofHelm, namespace)} app.kubernetes.io/managed-by-`,
    ]
      .filter(Boolean)
      .join("; "),
  })
}

function labelling(objects: Present[], namespace: string): string {
  const references = objects.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`)
  return `kubectl --namespace=${namespace} label ${references.join(" ")}`
}
