import type { Kubectl } from "../kubernetes/kubectl.js"
import { type Plan, redactorOf } from "../release/inputs.js"
import { readRollout, type RolloutState } from "../status/deployment.js"
import { describeState } from "../status/describe.js"
import { lastLogs } from "../status/logs.js"
import { observe } from "../status/observe.js"
import { only } from "../status/snapshot.js"
import { CloudNativeError } from "../util/errors.js"
import type { Availability } from "./availability.js"

/** The error of a deployment during which users were not served, with how the applications stand and what those asked in vain wrote last. */
export async function unavailable(kubectl: Kubectl, plan: Plan, availability: Availability): Promise<CloudNativeError> {
  const snapshot = await observe(kubectl)
  const now = await kubectl.now()
  const states = only(snapshot, "Deployment").map(({ metadata }) => readRollout(snapshot, metadata.name, now))
  const failed = availability.requests.filter(request => request.failed > 0)
  const asked = plan.config.monitor.requests
    .filter(({ name }) => failed.some(request => request.name === name))
    .map(({ to }) => to)
  const logs = await Promise.all(
    [...new Set(asked)].map(app =>
      logsOf(
        kubectl,
        plan,
        states.find(state => state.deployment === app),
      ),
    ),
  )
  return new CloudNativeError({
    code: "AVAILABILITY_FAILED",
    blame: "user",
    what: `${availability.percent.toFixed(3)} % of the users' requests were answered as they must be, not 100 %`,
    why: [
      ...describeOutages(availability),
      ...states.filter(({ complete }) => !complete).map(state => describeState(snapshot, state)),
      ...logs,
    ]
      .filter(Boolean)
      .join("\n"),
    fix: `${adviceFor(availability)}; to look further: kubectl --namespace=${kubectl.namespace} get pods,services,endpointslices`,
  })
}

/** What failed, how and when. */
export function describeOutages({ sent, failed, dropped, errors, outages, requests }: Availability): string[] {
  return [
    `${failed} of ${sent} failed${dropped > 0 ? `, ${dropped} could not be sent in time` : ""}`,
    ...Object.entries(errors).map(([kind, count]) => `${count} × ${kind}`),
    ...requests
      .filter(request => request.failed > 0)
      .map(
        request => `${request.name}, on ${request.connection} connections: ${request.failed} of ${request.sent} failed`,
      ),
    ...outages.map(
      ({ from, to, seconds, kinds }) => `outage of ${seconds.toFixed(1)} s, ${from} to ${to}: ${kinds.join(", ")}`,
    ),
  ]
}

/** What to do, by the kind of the failures. */
export function adviceFor({ errors, failed }: Pick<Availability, "errors" | "failed">): string {
  const kinds = Object.keys(errors)
  if (failed === 0) return "give the monitor's pod and the applications more room: requests could not be sent in time"
  if (kinds.every(kind => /^(status|wrong body|sign in)/.test(kind)))
    return "the applications run and answer wrongly: see in their logs what they cannot reach (BACKEND_URL, the database) or what the release has changed"
  return "see that the Services select the pods, that old pods finish what they have begun (preStop, drain) and that new ones are ready only when they can serve (readinessProbe)"
}

async function logsOf(kubectl: Kubectl, plan: Plan, state: RolloutState | undefined): Promise<string | undefined> {
  const pod = state?.pods[0]
  return (
    pod &&
    `last log lines of ${pod.metadata.name}:\n${(await lastLogs(kubectl, pod, redactorOf(plan))) || "(it wrote nothing)"}`
  )
}
