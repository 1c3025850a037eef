import { isFinalRefusal, type PodFailure, refusal, type WorkloadFailure } from "./failure.js"
import { commonFailure } from "./pod.js"
import { type Of, only, type Snapshot } from "./snapshot.js"

/** The Job whose pod this is: the Job controller labels it, and owns it. */
const JOB_LABEL = "batch.kubernetes.io/job-name"

export function podsOfJob(snapshot: Snapshot, name: string): Of<"Pod">[] {
  return only(snapshot, "Pod").filter(({ metadata }) => metadata.labels[JOB_LABEL] === name)
}

/** Why none of a Job's pods will come up, or be created at all; undefined while one may. */
export function jobFailure(snapshot: Snapshot, name: string, now: number): PodFailure | WorkloadFailure | undefined {
  const pods = podsOfJob(snapshot, name)
  const failure = commonFailure(pods, snapshot, now)
  if (failure || pods.length > 0) return failure
  return only(snapshot, "Event")
    .filter(({ involvedObject, reason }) => involvedObject.name === name && reason === "FailedCreate")
    .map(({ message }) => refusal(message))
    .find(isFinalRefusal)
}
