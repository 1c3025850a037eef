import type { Kubectl } from "../kubernetes/kubectl.js"
import { kubectlName } from "../kubernetes/object-ref.js"
import type { Named } from "../kubernetes/objects.js"
import { Outages } from "../status/outages.js"
import type { Snapshot } from "../status/snapshot.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { Timeline } from "../status/timeline.js"
import { pollUntil } from "../util/poll.js"
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
  const ask = async () => {
    const snapshot = await takeSnapshot(kubectl, redactor)
    const now = await kubectl.now()
    outages.answered(now)
    moments.look(recorded.release.workloads, snapshot, now)
    const looks = await Promise.all(lookouts.map(async look => look(snapshot, now)))
    last = looks.flatMap(({ waitingFor }) => waitingFor).join("\n")
    const failed = looks.map(look => look.failed).find(failure => failure !== undefined)
    if (failed) throw await rolloutFailed(kubectl, redactor, failed)
    return looks.every(({ complete }) => complete) || undefined
  }
  const names = [...deployments, ...sets.map(kubectlName)].join(" and ")
  await pollUntil(`the rollout of ${names}`, options.timeout, ask, { state: () => redactor.redact(last), signal })
}
