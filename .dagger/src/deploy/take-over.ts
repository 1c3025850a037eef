import { dryRun } from "../kubernetes/dry-run.js"
import { type Kubectl, succeeded } from "../kubernetes/kubectl.js"
import { type Entry, isOther, takenOver } from "../kubernetes/managed-fields.js"
import { describeIdentity, type Identity, identityOf } from "../kubernetes/object-ref.js"
import type { KubernetesObject } from "../manifests/render.js"
import { listOf } from "../release/live-objects.js"
import { MANAGED, readObjects } from "./diff.js"

/**
 * Make this module the manager of the fields that others have set on these objects, so that applying them removes what they do
 * not have. Where the API server would refuse the result, everything is as it was.
 */
export async function takeOver(kubectl: Kubectl, objects: KubernetesObject[]): Promise<void> {
  const printed = await kubectl.must(
    ["get", "--filename=-", "--ignore-not-found", ...MANAGED],
    listOf(objects.map(identityOf)),
  )
  const taken = readObjects(printed).flatMap(({ apiVersion, kind, metadata: { name, managedFields } }) => {
    const after = takenOver(managedFields)
    return after ? [{ identity: { apiVersion, kind, name }, before: managedFields, after }] : []
  })
  if (taken.length === 0) return
  for (const { identity, before, after } of taken) {
    const gone = before.filter(entry => isOther(entry) && !after.includes(entry))
    const managers = new Set(gone.map(({ manager }) => manager))
    console.log(`take over: ${describeIdentity(identity)}: fields of ${[...managers].join(", ")}`)
    await setManagers(kubectl, identity, after)
  }
  const answer = await dryRun(kubectl, objects)
  if (answer.exitCode !== 0) for (const { identity, before } of taken) await setManagers(kubectl, identity, before)
  succeeded(["apply"], answer)
}

async function setManagers(kubectl: Kubectl, identity: Identity, managedFields: Entry[]): Promise<void> {
  const patch = [{ op: "replace", path: "/metadata/managedFields", value: managedFields }]
  await kubectl.must(["patch", "--filename=-", "--type=json", `--patch=${JSON.stringify(patch)}`], listOf([identity]))
}
