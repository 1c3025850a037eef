import { describeState } from "./evidence.js"
import { rolloutFailed, type Hopeless } from "./hopeless.js"
import type { Kubectl } from "./kubectl.js"
import { observe } from "./observe.js"
import type { Plan } from "./plan.js"
import { readRollout, type RolloutState } from "./rollout.js"
import type { Snapshot } from "./snapshot.js"
import { Starts, type PodStart } from "./startup.js"
import { Timeline, type PodChange } from "./timeline.js"
import { waitUntil } from "./wait.js"

/**
 * Wait until every Deployment runs this release and nothing else; throws as soon as one cannot, or `signal` says so. The
 * pods that come and go meanwhile are added to `changes`; of those that were not there `before`, the starts are told.
 */
export async function watchRollout(
  kubectl: Kubectl,
  deployments: string[],
  plan: Plan,
  before: Snapshot,
  changes: PodChange[],
  signal: AbortSignal,
): Promise<PodStart[]> {
  const timeline = new Timeline(changes, await kubectl.now())
  const starts = new Starts(before)
  const shown = new Set<string>()
  const lines = new Map<string, string>()
  let last = ""
  const ask = async () => {
    const snapshot = await observe(kubectl)
    const now = await kubectl.now()
    const states = deployments.map(name => readRollout(snapshot, name, now))
    last = states
      .filter(state => !state.complete)
      .map(state => describeState(snapshot, state))
      .join("\n")
    for (const state of states) {
      timeline.record(state.deployment, [...state.old, ...state.pods], now)
      starts.record(state.deployment, state.pods, snapshot)
      if (lines.get(state.deployment) !== state.line) console.log(`rollout: ${state.deployment}: ${state.line}`)
      lines.set(state.deployment, state.line)
      const warning = state.warning && `rollout: ${state.deployment}: warning: ${state.warning}`
      if (warning && !shown.has(warning)) console.log(warning)
      if (warning) shown.add(warning)
    }
    const hopeless = states.find(state => state.hopeless)
    if (hopeless) throw await rolloutFailed(kubectl, plan, describeHopeless(snapshot, hopeless, hopeless.hopeless!))
    return states.every(state => state.complete) ? starts.all() : undefined
  }
  return waitUntil(`the rollout of ${deployments.join(" and ")}`, plan.timeout, ask, { state: () => last, signal })
}

function describeHopeless(snapshot: Snapshot, state: RolloutState, cause: string): Hopeless {
  const { deployment: workload, culprit: pod } = state
  return { workload, cause, state: describeState(snapshot, state), pod, object: `deployment/${workload}` }
}
