import type { Kubectl } from "../kubernetes/kubectl.js"
import { kubectlName } from "../kubernetes/object-ref.js"
import type { Named } from "../kubernetes/objects.js"
import { Outages } from "../status/outages.js"
import type { Snapshot } from "../status/snapshot.js"
import { Timeline } from "../status/timeline.js"
import { watchUntil } from "../status/watch-until.js"
import type { Seen, Watched } from "./look.js"
import { lookAtDeployments } from "./look-at-deployments.js"
import { lookAtSets } from "./look-at-sets.js"
import { rolloutFailed } from "./rollout-error.js"

/**
 * Wait until every workload runs this release and nothing else, not the pods of `before`; throws as soon as one cannot, or `signal`
 * says so. What is seen meanwhile is told to `seen`.
 */
export async function watchRollout(
  kubectl: Kubectl,
  workloads: Named[],
  watched: Watched,
  before: Snapshot,
  { starts, onChange }: Seen,
  signal: AbortSignal,
): Promise<void> {
  if (workloads.length === 0) return
  const { recorded, options, redactor, moments } = watched
  const begun = await kubectl.now()
  const [outages, timeline] = [new Outages(begun), new Timeline(onChange, begun)]
  const deployments = workloads.flatMap(({ kind, name }) => (kind === "Deployment" ? name : []))
  const sets = workloads.filter(({ kind }) => kind !== "Deployment")
  const lookouts = [
    lookAtDeployments(watched, deployments, outages, starts, timeline),
    lookAtSets(kubectl, watched, sets, outages, before),
  ]
  let last = ""
  const look = async (snapshot: Snapshot) => {
    const now = await kubectl.now()
    outages.answered(now)
    moments.look(recorded.release.workloads, snapshot, now)
    const looks = await Promise.all(lookouts.map(async look => look(snapshot, now)))
    last = looks.flatMap(({ waitingFor }) => waitingFor).join("\n")
    const failed = looks.map(look => look.failed).find(failure => failure !== undefined)
    return failed ?? (looks.every(({ complete }) => complete) ? "complete" : undefined)
  }
  const names = [...deployments, ...sets.map(kubectlName)].join(" and ")
  const waiting = { state: () => redactor.redact(last), signal }
  const ended = await watchUntil(kubectl, redactor, `the rollout of ${names}`, options.timeout, look, waiting)
  if (ended !== "complete") throw await rolloutFailed(kubectl, redactor, ended)
}
