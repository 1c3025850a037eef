import { dryRun } from "../kubernetes/dry-run.js"
import { type Answer, type Kubectl, succeeded } from "../kubernetes/kubectl.js"
import { isOther } from "../kubernetes/managed-fields.js"
import { MANAGED, type ManagedObject, readObjects } from "../kubernetes/managed-objects.js"
import { describeIdentity, type Identity, identityOf, keyOf, subtract } from "../kubernetes/object-ref.js"
import { type Operation, ownershipPatch, takenOver } from "../kubernetes/take-over.js"
import type { Release } from "../manifests/render.js"
import { listOf, type Present } from "../release/live-objects.js"
import { describeOwner } from "../release/ownership.js"
import type { Report } from "../report/report.js"
import { describeTakenOver } from "../report/states.js"

type TakenOver = NonNullable<Report["takenOver"]>[number]

/**
 * Make this module the manager of the fields that others have set on the objects of a release, so that applying them removes what
 * they do not have. Where the API server would refuse the result, everything is as it was. `there`: those that exist. Answers with
 * what was somebody else's.
 */
export async function takeOver(
  kubectl: Kubectl,
  { config, migrations, objects }: Release,
  there: Present[],
): Promise<TakenOver[]> {
  const all = [...config, ...objects]
  const foreign = await ownFields(kubectl, all.map(identityOf))
  const answer = await dryRun(kubectl, [...all, ...migrations])
  if (answer.exitCode !== 0) for (const object of foreign) await restore(kubectl, object)
  succeeded(["apply"], answer)
  const taken = takenOf(foreign, there)
  for (const each of taken) console.log(`take over: ${describeTakenOver(each)}`)
  return taken
}

/** How often an object is read once more that its controller has changed since it was read. */
const ATTEMPTS = 5

/** Become the manager of what others have set; answers with the objects as they were. */
async function ownFields(kubectl: Kubectl, identities: Identity[], attempt = 1): Promise<ManagedObject[]> {
  const printed = await kubectl.must(["get", "--filename=-", "--ignore-not-found", ...MANAGED], listOf(identities))
  const owned: ManagedObject[] = []
  const modified: ManagedObject[] = []
  for (const object of readObjects(printed)) {
    const operations = ownershipPatch(object)
    if (!operations) continue
    const answer = await patch(kubectl, object, operations)
    if (attempt < ATTEMPTS && answer.stderr.includes("the object has been modified")) modified.push(object)
    else {
      succeeded(["patch"], answer)
      owned.push(object)
    }
  }
  return modified.length > 0 ? [...owned, ...(await ownFields(kubectl, modified.map(referTo), attempt + 1))] : owned
}

async function restore(kubectl: Kubectl, object: ManagedObject): Promise<void> {
  const { managedFields: value } = object.metadata
  succeeded(["patch"], await patch(kubectl, object, [{ op: "replace", path: "/metadata/managedFields", value }]))
}

function patch(kubectl: Kubectl, object: ManagedObject, operations: Operation[]): Promise<Answer> {
  return kubectl.persist(
    ["patch", "--filename=-", "--type=json", `--patch=${JSON.stringify(operations)}`],
    listOf([referTo(object)]),
  )
}

function referTo({ apiVersion, kind, metadata: { name } }: ManagedObject): Identity {
  return { apiVersion, kind, name }
}

/** From whom each object was taken over; those of others first. */
function takenOf(foreign: ManagedObject[], there: Present[]): TakenOver[] {
  const fields = foreign.map(object => ({ identity: referTo(object), managers: managersTaken(object) }))
  const owned = there.filter(object => describeOwner(object) !== undefined)
  const managersOf = (object: Identity) => fields.find(({ identity }) => keyOf(identity) === keyOf(object))?.managers
  return [
    ...owned.map(object => ({
      object: describeIdentity(object),
      owner: describeOwner(object),
      managers: managersOf(object) ?? [],
    })),
    ...fields
      .filter(({ identity }) => subtract([identity], owned).length > 0)
      .map(({ identity, managers }) => ({ object: describeIdentity(identity), managers })),
  ]
}

function managersTaken({ metadata: { managedFields } }: ManagedObject): string[] {
  const after = takenOver(managedFields) ?? managedFields
  const gone = managedFields.filter(entry => isOther(entry) && !after.includes(entry))
  return [...new Set(gone.map(({ manager }) => manager))]
}
