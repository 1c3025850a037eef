import { deploymentIn, readRollout, type RolloutState } from "../status/deployment.js"
import { describeState } from "../status/describe.js"
import type { Outages } from "../status/outages.js"
import { startLimits } from "../status/pod.js"
import type { Snapshot } from "../status/snapshot.js"
import type { Starts } from "../status/startup.js"
import type { Timeline } from "../status/timeline.js"
import type { Lookout, Watched } from "./look.js"

/** Looks at Deployments; their pods go into `starts` and `timeline`. */
export function lookAtDeployments(
  { config, applied }: Watched,
  names: string[],
  outages: Outages,
  starts: Starts,
  timeline: Timeline,
): Lookout {
  const limits = startLimits(config.limits)
  const shown = new Set<string>()
  const lines = new Map<string, string>()
  const otherHand = ({ deployment: name, complete, pods }: RolloutState, snapshot: Snapshot) =>
    applied.failureOf({ kind: "Deployment", name }, deploymentIn(snapshot, name), snapshot, complete ? pods : [])
  const restartWarning = (name: string, snapshot: Snapshot) => {
    const by = applied.restartOf({ kind: "Deployment", name }, deploymentIn(snapshot, name))
    return by && `${by} has its pods restarted: the same, once more`
  }
  return (snapshot, now) => {
    const states = names.map(name => readRollout(snapshot, name, outages.patient(now), limits))
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
    return {
      waitingFor: states.filter(({ complete }) => !complete).map(state => describeState(snapshot, state, now)),
      failed: failed && {
        workload: failed.deployment,
        failure: failed.failure!,
        state: describeState(snapshot, failed, now),
        pod: failed.culprit,
        object: `deployment/${failed.deployment}`,
      },
      complete: states.every(({ complete }) => complete),
    }
  }
}
