import type { Kubectl } from "../kubernetes/kubectl.js"
import { kubectlName } from "../kubernetes/object-ref.js"
import type { Named } from "../kubernetes/objects.js"
import { describeSet } from "../status/describe.js"
import type { Outages } from "../status/outages.js"
import { startLimits } from "../status/pod.js"
import { decideSets, readSetRollout, type SETS } from "../status/pod-sets.js"
import { readSetState } from "../status/read-set.js"
import type { Snapshot } from "../status/snapshot.js"
import { deletePod } from "./delete-pod.js"
import type { Lookout, Watched } from "./look.js"

/** Looks at StatefulSets and DaemonSets, and deletes the pods that one cannot go on with. */
export function lookAtSets(
  kubectl: Kubectl,
  { config, applied, isRollback }: Watched,
  sets: Named[],
  outages: Outages,
  before: Snapshot,
): Lookout {
  const limits = startLimits(config.limits)
  const lines = new Map<string, string>()
  return async (snapshot, now) => {
    const states = await Promise.all(
      sets.map(({ kind, name }) => readSetState(kubectl, kind as keyof typeof SETS, name)),
    )
    const look = { before, since: applied.at, now: outages.patient(now), limits, isRollback }
    const rollouts = sets.map((set, index) => {
      const rollout = readSetRollout(set, states[index], snapshot, look)
      const byOther = applied.failureOf(set, states[index]?.live, snapshot, rollout.pods)
      return {
        name: kubectlName(set),
        state: describeSet(snapshot, set, rollout, now),
        ...rollout,
        ...(byOther && { failure: byOther, culprit: undefined }),
      }
    })
    const { waitingFor, obstacles, failed, complete } = decideSets(rollouts)
    for (const pod of obstacles) await deletePod(kubectl, pod)
    for (const { name, line, warning } of rollouts) {
      if (lines.get(name) === line) continue
      lines.set(name, line)
      console.log(`rollout: ${name}: ${line}`)
      if (warning) console.log(`rollout: ${name}: warning: ${warning}`)
    }
    return {
      waitingFor: waitingFor.map(({ state }) => state),
      failed: failed && {
        workload: failed.name,
        failure: failed.failure!,
        state: failed.state,
        pod: failed.culprit,
        object: failed.name,
      },
      complete,
    }
  }
}
