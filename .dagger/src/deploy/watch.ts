import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Workload } from "../manifests/render.js"
import { readRollout, type RolloutState } from "../status/deployment.js"
import { describeSet, describeState } from "../status/describe.js"
import { Outages } from "../status/outages.js"
import { startLimits } from "../status/pod.js"
import { decideSets, readSetRollout, type SETS } from "../status/pod-sets.js"
import { readSetState } from "../status/read-set.js"
import { only, type Snapshot } from "../status/snapshot.js"
import { type PodStart, Starts } from "../status/startup.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { type PodChange, Timeline } from "../status/timeline.js"
import { pollUntil } from "../util/poll.js"
import { deletePod } from "./delete-pod.js"
import { rolloutFailed } from "./rollout-error.js"
import type { RolloutTask } from "./task.js"

type Watched = Pick<RolloutTask, "config" | "recorded" | "options" | "redactor" | "applied" | "moments" | "isRollback">

/**
 * Wait until every Deployment runs this release and nothing else; throws as soon as one cannot, or `signal` says so. The
 * pods that come and go meanwhile are told to `onChange`; of those that were not there `before`, the starts are returned.
 */
export async function watchRollout(
  kubectl: Kubectl,
  deployments: string[],
  { config, recorded: { release }, options: { timeout }, redactor, applied, moments }: Watched,
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
    const snapshot = await takeSnapshot(kubectl, redactor)
    const now = await kubectl.now()
    outages.answered(now)
    moments.look(release.workloads, snapshot, now)
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
    if (failed)
      throw await rolloutFailed(kubectl, redactor, {
        workload: failed.deployment,
        failure: failed.failure!,
        state: describeState(snapshot, failed, now),
        pod: failed.culprit,
        object: `deployment/${failed.deployment}`,
      })
    return states.every(state => state.complete) ? starts.all() : undefined
  }
  return pollUntil(`the rollout of ${deployments.join(" and ")}`, timeout, ask, {
    state: () => redactor.redact(last),
    signal,
  })
}

/** Wait until every StatefulSet and DaemonSet runs this release; throws as soon as one cannot, or `signal` says so. */
export async function watchSets(
  kubectl: Kubectl,
  sets: Workload[],
  { config, recorded: { release }, options: { timeout }, redactor, applied, moments, isRollback }: Watched,
  before: Snapshot,
  signal: AbortSignal,
): Promise<void> {
  if (sets.length === 0) return
  const limits = startLimits(config.limits)
  const outages = new Outages(await kubectl.now())
  const lines = new Map<string, string>()
  let last = ""
  const ask = async () => {
    const snapshot = await takeSnapshot(kubectl, redactor)
    const now = await kubectl.now()
    outages.answered(now)
    moments.look(release.workloads, snapshot, now)
    const states = await Promise.all(
      sets.map(({ kind, name }) => readSetState(kubectl, kind as keyof typeof SETS, name)),
    )
    const look = { before, since: applied.at, now: outages.patient(now), limits, isRollback }
    const rollouts = sets.map((set, index) => {
      const rollout = readSetRollout(set, states[index], snapshot, look)
      const byOther = applied.failureOf(set, states[index]?.live, snapshot, rollout.pods)
      return {
        name: nameOf(set),
        state: describeSet(snapshot, set, rollout, now),
        ...rollout,
        ...(byOther && { failure: byOther, culprit: undefined }),
      }
    })
    const { waitingFor, obstacles, failed, complete } = decideSets(rollouts)
    last = waitingFor.map(({ state }) => state).join("\n")
    for (const pod of obstacles) await deletePod(kubectl, pod)
    for (const { name, line, warning } of rollouts) {
      if (lines.get(name) === line) continue
      lines.set(name, line)
      console.log(`rollout: ${name}: ${line}`)
      if (warning) console.log(`rollout: ${name}: warning: ${warning}`)
    }
    if (failed)
      throw await rolloutFailed(kubectl, redactor, {
        workload: failed.name,
        failure: failed.failure!,
        state: failed.state,
        pod: failed.culprit,
        object: failed.name,
      })
    return complete || undefined
  }
  await pollUntil(`the rollout of ${sets.map(nameOf).join(" and ")}`, timeout, ask, {
    state: () => redactor.redact(last),
    signal,
  })
}

/** What kubectl calls a workload: statefulset/queue. */
function nameOf({ kind, name }: Workload): string {
  return `${kind.toLowerCase()}/${name}`
}
