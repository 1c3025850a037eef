import type { Kubectl } from "../kubernetes/kubectl.js"
import { lastSignOf } from "../kubernetes/lease.js"
import { describeIdentity, intersect } from "../kubernetes/object-ref.js"
import { listPendingOfOthers, type ReleaseSummary } from "../release/history.js"
import { CloudNativeError } from "../util/errors.js"
import { pollUntil } from "../util/poll.js"

/** Seconds that a deployment that began later has to find this one, and to give way. */
const GIVE_WAY = 20

/**
 * Throw where a deployment of another name is under way that touches the same objects: a Lease is of one name only. Both have
 * recorded what they touch before they look, so one of two sees the other at least; the later one gives way.
 */
export async function assertAlone(
  kubectl: Kubectl,
  name: string,
  { id, inventory }: Pick<ReleaseSummary, "id" | "inventory">,
  signal: AbortSignal,
): Promise<void> {
  const conflicts = async () => {
    const others = (await listPendingOfOthers(kubectl, name))
      .map(other => ({ ...other, common: intersect(inventory, other.inventory) }))
      .filter(({ common }) => common.length > 0)
    const alive = await Promise.all(
      others.map(async other => ((await lastSignOf(kubectl, other.name, other.id))?.isAlive ? [other] : [])),
    )
    return alive.flat()
  }
  let [first] = await conflicts()
  if (first && id < first.id)
    await pollUntil(
      "a later deployment to give way",
      GIVE_WAY,
      async () => (([first] = await conflicts()), first ? undefined : true),
      { signal },
    ).catch(() => undefined)
  signal.throwIfAborted()
  if (!first) return
  throw new CloudNativeError({
    code: "LOCKED",
    blame: "environment",
    what: `another deployment to the namespace ${kubectl.namespace} is in progress, which touches the same objects`,
    why: `the deployment ${first.id} of the name ${first.name} has in common with this one: ${first.common.map(describeIdentity).join(", ")}`,
    fix: "give the objects other names, or deploy to another namespace: objects belong to one name of cloud-native.yaml",
  })
}
