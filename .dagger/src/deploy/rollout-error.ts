import type { Kubectl } from "../kubernetes/kubectl.js"
import { containerOf, isByOther, type RolloutFailure } from "../status/failure.js"
import { failingLogs } from "../status/logs.js"
import { describeFailure, remedyFor } from "../status/remedies.js"
import type { Of } from "../status/snapshot.js"
import { CloudNativeError } from "../util/errors.js"
import type { Redactor } from "../util/redact.js"

/** A rollout that cannot succeed. */
export interface FailedRollout {
  /** What rolls out: backend, or statefulset/queue. */
  workload: string
  failure: RolloutFailure
  /** How it stands, as evidence. */
  state: string
  /** The pod that shows the failure, where one does. */
  pod?: Of<"Pod">
  /** What kubectl calls it: deployment/backend. */
  object: string
}

/** The error of a rollout that failed, with the evidence, the last log lines included. */
export async function rolloutFailed(
  kubectl: Kubectl,
  redactor: Redactor,
  { workload, failure, state, pod, object }: FailedRollout,
): Promise<CloudNativeError> {
  const cause = redactor.redact(describeFailure(failure))
  // Printed before the evidence is gathered, which takes a moment.
  console.log(`rollout: ${workload}: failed: ${cause}`)
  return new CloudNativeError({
    code: "ROLLOUT_FAILED",
    kind: failure.kind,
    blame: "user",
    what: isByOther(failure)
      ? `what runs of ${workload} is not what was applied`
      : `the rollout of ${workload} cannot succeed`,
    evidence: [redactor.redact(state), pod && (await failingLogs(kubectl, pod, redactor, containerOf(failure)))]
      .filter(Boolean)
      .join("\n"),
    why: cause,
    fix: `${remedyFor(failure, kubectl.namespace)}; to look further: kubectl --namespace=${kubectl.namespace} describe ${pod ? `pod/${pod.metadata.name}` : object}`,
  })
}
