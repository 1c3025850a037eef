import { CloudNativeError } from "../errors.js"
import type { Kubectl } from "./kubectl.js"
import { lastLogs } from "./logs.js"
import { observe } from "./observe.js"
import type { Plan } from "./plan.js"
import { readRollout, type RolloutState } from "./rollout.js"
import { readStart, type PodStart } from "./startup.js"
import { waitUntil } from "./wait.js"

/** Wait until every Deployment runs this release and nothing else; throws as soon as one cannot. */
export async function watchRollout(kubectl: Kubectl, deployments: string[], plan: Plan): Promise<PodStart[]> {
  const shown = new Map<string, string>()
  return waitUntil(`the rollout of ${deployments.join(" and ")}`, plan.timeout, async () => {
    const snapshot = await observe(kubectl)
    const states = deployments.map(name => readRollout(snapshot, name, Date.now()))
    for (const state of states) {
      if (shown.get(state.deployment) !== state.line) console.log(`rollout: ${state.deployment}: ${state.line}`)
      shown.set(state.deployment, state.line)
      if (state.hopeless) throw await failure(kubectl, plan, state, state.hopeless)
    }
    if (!states.every(state => state.complete)) return undefined
    return states.flatMap(state => state.pods.flatMap(pod => readStart(state.deployment, pod, snapshot) ?? []))
  })
}

async function failure(kubectl: Kubectl, plan: Plan, state: RolloutState, cause: string): Promise<CloudNativeError> {
  const pod = state.pods[0]?.metadata.name
  const logs = pod && (await lastLogs(kubectl, `pod/${pod}`, plan))
  const object = pod ? `pod/${pod}` : `deployment/${state.deployment}`
  return new CloudNativeError({
    code: "ROLLOUT_FAILED",
    blame: "user",
    what: `the rollout of ${state.deployment} cannot succeed`,
    why: [cause, logs && `last log lines of ${pod}:\n${logs}`].filter(Boolean).join("\n"),
    fix: `mend it and deploy again; to look further: kubectl --namespace=${kubectl.namespace} describe ${object}`,
  })
}
