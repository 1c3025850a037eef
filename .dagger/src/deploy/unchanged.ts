import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Workload } from "../manifests/render.js"
import { contentOf, readRecord, type Recorded, type ReleaseSummary } from "../release/history.js"
import { readRollout } from "../status/deployment.js"
import { startLimits } from "../status/pod.js"
import { readSet, type SetState } from "../status/pod-sets.js"
import { readSetState } from "../status/read-set.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { canonical } from "../util/digest.js"
import { timeOf } from "../util/time.js"
import { changesOf } from "./diff.js"
import type { RolloutTask } from "./task.js"

/**
 * Whether a deployment would change nothing: the same release was deployed last, it is asked the same, its objects are as
 * they would be applied, nothing is left to delete, and all of it runs. Its migrations have run, since it has succeeded.
 */
export async function isUnchanged(task: RolloutTask, entries: ReleaseSummary[]): Promise<boolean> {
  const { kubectl, config, recorded } = task
  const last = lastOf(entries, contentOf(recorded))
  if (!last) return false
  const { release } = recorded
  const [known, changes, isWhole] = await Promise.all([
    readRecord(kubectl, last.id),
    changesOf(kubectl, config.name, release, [...release.config, ...release.objects]),
    allRun(task, release.workloads),
  ])
  // What stays beside it for a while is still to be removed by then.
  const isKept = timeOf(last.keptUntil) > Date.now()
  const isSame = changes.every(({ kind }) => kind === "unchanged" || (isKept && kind === "removed"))
  return isAskedTheSame(known, recorded) && isWhole && isSame
}

/** The record of the last deployment, if it succeeded and was of this content. */
export function lastOf(entries: ReleaseSummary[], content: string): ReleaseSummary | undefined {
  const last = entries.at(-1)
  return last?.outcome === "succeeded" && last.content === content ? last : undefined
}

export function isAskedTheSame(known: Pick<Recorded, "expectations">, now: Pick<Recorded, "expectations">): boolean {
  return canonical(known.expectations ?? null) === canonical(now.expectations ?? null)
}

/** Whether every workload runs this release and nothing else, and as much of it as is needed. */
async function allRun({ kubectl, config }: RolloutTask, workloads: Workload[]): Promise<boolean> {
  const [snapshot, now, sets] = await Promise.all([takeSnapshot(kubectl), kubectl.now(), readSets(kubectl, workloads)])
  const deployments = workloads.filter(({ kind }) => kind === "Deployment")
  const limits = startLimits(config.limits)
  return (
    deployments.every(({ name }) => readRollout(snapshot, name, now, limits).complete) &&
    sets.every(state => readSet(state).complete)
  )
}

function readSets(kubectl: Kubectl, workloads: Workload[]): Promise<(SetState | undefined)[]> {
  return Promise.all(
    workloads.flatMap(({ kind, name }) =>
      kind === "StatefulSet" || kind === "DaemonSet" ? [readSetState(kubectl, kind, name)] : [],
    ),
  )
}
