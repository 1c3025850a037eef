import { dryRun } from "../kubernetes/dry-run.js"
import { type Kubectl, succeeded } from "../kubernetes/kubectl.js"
import { type Entry, isOther, takenOver } from "../kubernetes/managed-fields.js"
import { describeIdentity, type Identity, identityOf, keyOf, subtract } from "../kubernetes/object-ref.js"
import type { Release } from "../manifests/render.js"
import { listOf, type Present } from "../release/live-objects.js"
import { describeOwner } from "../release/ownership.js"
import type { Report } from "../report/report.js"
import { describeTakenOver } from "../report/states.js"
import { MANAGED, readObjects } from "./diff.js"

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
  const printed = await kubectl.must(
    ["get", "--filename=-", "--ignore-not-found", ...MANAGED],
    listOf([...config, ...objects].map(identityOf)),
  )
  const foreign = readObjects(printed).flatMap(({ apiVersion, kind, metadata: { name, managedFields } }) => {
    const after = takenOver(managedFields)
    return after ? [{ identity: { apiVersion, kind, name }, before: managedFields, after }] : []
  })
  for (const { identity, after } of foreign) await setManagers(kubectl, identity, after)
  const answer = await dryRun(kubectl, [...config, ...migrations, ...objects])
  if (answer.exitCode !== 0) for (const { identity, before } of foreign) await setManagers(kubectl, identity, before)
  succeeded(["apply"], answer)
  const taken = takenOf(foreign, there)
  for (const each of taken) console.log(`take over: ${describeTakenOver(each)}`)
  return taken
}

/** From whom each object was taken over; those of others first. */
function takenOf(foreign: { identity: Identity; before: Entry[]; after: Entry[] }[], there: Present[]): TakenOver[] {
  const fields = foreign.map(({ identity, before, after }) => {
    const gone = before.filter(entry => isOther(entry) && !after.includes(entry))
    return { identity, managers: [...new Set(gone.map(({ manager }) => manager))] }
  })
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

async function setManagers(kubectl: Kubectl, identity: Identity, managedFields: Entry[]): Promise<void> {
  const patch = [{ op: "replace", path: "/metadata/managedFields", value: managedFields }]
  await kubectl.must(["patch", "--filename=-", "--type=json", `--patch=${JSON.stringify(patch)}`], listOf([identity]))
}
