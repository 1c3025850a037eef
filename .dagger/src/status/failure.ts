import type { Kubectl } from "../kubernetes/kubectl.js"
import { CloudNativeError } from "../util/errors.js"
import type { Redactor } from "../util/redact.js"
import { failingLogs } from "./logs.js"
import { adviceFor } from "./remedies.js"
import type { Of } from "./snapshot.js"

/** A rollout that cannot succeed. */
export interface Hopeless {
  /** What rolls out: backend, or statefulset/queue. */
  workload: string
  cause: string
  /** How it stands, as evidence. */
  state: string
  /** The pod that shows the cause, where one does. */
  pod?: Of<"Pod">
  /** What kubectl calls it: deployment/backend. */
  object: string
}

/** What is thrown of it: with the evidence, the last log lines included. */
export async function rolloutFailed(
  kubectl: Kubectl,
  redactor: Redactor,
  { workload, cause, state, pod, object }: Hopeless,
): Promise<CloudNativeError> {
  // Said before the evidence is gathered: that takes a moment.
  console.log(`rollout: ${workload}: failed: ${cause}`)
  return new CloudNativeError({
    code: "ROLLOUT_FAILED",
    blame: "user",
    what: `the rollout of ${workload} cannot succeed`,
    why: [cause, state, pod && (await failingLogs(kubectl, pod, redactor))].filter(Boolean).join("\n"),
    fix: `${adviceFor(cause, kubectl.namespace)}; to look further: kubectl --namespace=${kubectl.namespace} describe ${pod ? `pod/${pod.metadata.name}` : object}`,
  })
}
