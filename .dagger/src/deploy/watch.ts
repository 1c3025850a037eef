import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Workload } from "../manifests/render.js"
import { readRollout, type RolloutState } from "../status/deployment.js"
import { describeEvents, describeNodes, describePod, describePulls, describeState } from "../status/describe.js"
import type { RolloutFailure } from "../status/failure.js"
import { Outages } from "../status/outages.js"
import { firstDoomed, podFailure, startLimits } from "../status/pod.js"
import { emptiness, newPods, obstacles, readSet, refusedPods, SETS, type SetState } from "../status/pod-sets.js"
import { readSetState } from "../status/read-set.js"
import { type Of, only, type Snapshot } from "../status/snapshot.js"
import { type PodStart, Starts } from "../status/startup.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { type PodChange, Timeline } from "../status/timeline.js"
import { pollUntil } from "../util/poll.js"
import { redact } from "../util/redact.js"
import { deletePod } from "./delete-pod.js"
import { type FailedRollout, rolloutFailed } from "./rollout-error.js"
import type { RolloutTask } from "./task.js"

type Watched = Pick<RolloutTask, "config" | "options" | "redactor" | "applied" | "isRollback">

/**
 * Wait until every Deployment runs this release and nothing else; throws as soon as one cannot, or `signal` says so. The
 * pods that come and go meanwhile are told to `onChange`; of those that were not there `before`, the starts are returned.
 */
export async function watchRollout(
  kubectl: Kubectl,
  deployments: string[],
  { config, options: { timeout }, redactor, applied }: Watched,
  before: Snapshot,
  onChange: (change: PodChange) => void,
  signal: AbortSignal,
): Promise<PodStart[]> {
  const limits = startLimits(config.limits)
  const timeline = new Timeline(onChange, await kubectl.now())
  const starts = new Starts(before)
  const outages = new Outages(await kubectl.now())
  const shown = new Set<string>()
  const lines = new Map<string, string>()
  let last = ""
  const liveOf = (name: string, snapshot: Snapshot) =>
    only(snapshot, "Deployment").find(({ metadata }) => metadata.name === name)
  const otherHand = ({ deployment: name, complete, pods }: RolloutState, snapshot: Snapshot) =>
    applied.failureOf({ kind: "Deployment", name }, liveOf(name, snapshot), snapshot, complete ? pods : [])
  const restartWarning = (name: string, snapshot: Snapshot) => {
    const by = applied.restartOf({ kind: "Deployment", name }, liveOf(name, snapshot))
    return by && `${by} has its pods restarted: the same, once more`
  }
  const ask = async () => {
    const snapshot = await takeSnapshot(kubectl)
    const now = await kubectl.now()
    outages.answered(now)
    const states = deployments.map(name => readRollout(snapshot, name, outages.patient(now), limits))
    last = states
      .filter(state => !state.complete)
      .map(state => describeState(snapshot, state, now))
      .join("\n")
    for (const state of states) {
      timeline.record(state.deployment, [...state.old, ...state.pods], now)
      starts.record(state.deployment, state.pods, snapshot, outages)
      if (lines.get(state.deployment) !== state.line) console.log(`rollout: ${state.deployment}: ${state.line}`)
      lines.set(state.deployment, state.line)
      for (const text of [state.warning, restartWarning(state.deployment, snapshot)].filter(Boolean)) {
        const warning = `rollout: ${state.deployment}: warning: ${text}`
        if (!shown.has(warning)) console.log(warning)
        shown.add(warning)
      }
    }
    const failed = states
      .map(state => ({ ...state, failure: otherHand(state, snapshot) ?? state.failure }))
      .find(state => state.failure)
    if (failed) throw await rolloutFailed(kubectl, redactor, failedRollout(snapshot, failed, failed.failure!, now))
    return states.every(state => state.complete) ? starts.all() : undefined
  }
  return pollUntil(`the rollout of ${deployments.join(" and ")}`, timeout, ask, {
    state: () => redact(last, redactor.values),
    signal,
  })
}

function failedRollout(snapshot: Snapshot, state: RolloutState, failure: RolloutFailure, now: number): FailedRollout {
  const { deployment: workload, culprit: pod } = state
  return { workload, failure, state: describeState(snapshot, state, now), pod, object: `deployment/${workload}` }
}

/** Wait until every StatefulSet and DaemonSet runs this release; throws as soon as one cannot, or `signal` says so. */
export async function watchSets(
  kubectl: Kubectl,
  sets: Workload[],
  { config, options: { timeout }, redactor, applied, isRollback }: Watched,
  before: Snapshot,
  signal: AbortSignal,
): Promise<void> {
  if (sets.length === 0) return
  const limits = startLimits(config.limits)
  const outages = new Outages(await kubectl.now())
  const names = sets.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`)
  const lines = new Map<string, string>()
  let waitingFor: string[] = []
  const failureOf = (
    set: Workload,
    state: SetState | undefined,
    snapshot: Snapshot,
    pods: Of<"Pod">[],
    now: number,
  ): Pick<FailedRollout, "failure" | "pod"> | undefined => {
    const byOther = applied.failureOf(set, state?.live, snapshot, pods)
    if (byOther) return { failure: byOther }
    if (!state || readSet(state).complete) return undefined
    const doomed = firstDoomed(pods, snapshot, outages.patient(now), limits)
    if (doomed) return { failure: doomed.failure, pod: doomed.culprit }
    const refused = refusedPods(state, snapshot, applied.at, outages.patient(now))
    return refused && { failure: refused }
  }
  const ask = async () => {
    const snapshot = await takeSnapshot(kubectl)
    const now = await kubectl.now()
    outages.answered(now)
    waitingFor = []
    const states = await Promise.all(
      sets.map(({ kind, name }) => readSetState(kubectl, kind as keyof typeof SETS, name)),
    )
    const isDoomed = (pod: Of<"Pod">) => podFailure(pod, snapshot, outages.patient(now), limits) !== undefined
    const stuck = states.flatMap((state, index) =>
      state ? obstacles(sets[index]!.kind, state, snapshot, { isRollback, isDoomed }) : [],
    )
    for (const pod of stuck) await deletePod(kubectl, pod)
    const read = states.map(readSet)
    for (const [index, name] of names.entries()) {
      const { line } = read[index]!
      const [set, state] = [sets[index]!, states[index]]
      if (lines.get(name) !== line) {
        console.log(`rollout: ${name}: ${line}`)
        const warning = state && emptiness(set, state, snapshot)
        if (warning) console.log(`rollout: ${name}: warning: ${warning}`)
      }
      lines.set(name, line)
      const pods = newPods(snapshot, before, state?.live.metadata.uid ?? "")
      const standing = [
        `${name}: ${line}`,
        ...pods.flatMap(pod => [...describePod(pod), ...describePulls(pod, snapshot, now)]),
        ...describeNodes(snapshot),
        ...describeEvents(snapshot, [set.name, ...pods.map(({ metadata }) => metadata.name)]),
      ]
      if (!read[index]!.complete) waitingFor.push(...standing)
      const failure = failureOf(set, state, snapshot, pods, now)
      if (failure)
        throw await rolloutFailed(kubectl, redactor, {
          workload: name,
          failure: failure.failure,
          state: standing.join("\n"),
          pod: failure.pod,
          object: name,
        })
    }
    return (stuck.length === 0 && read.every(({ complete }) => complete)) || undefined
  }
  await pollUntil(`the rollout of ${names.join(" and ")}`, timeout, ask, {
    state: () => redact(waitingFor.join("\n"), redactor.values),
    signal,
  })
}
