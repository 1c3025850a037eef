import { isComplete, jobOf, podsOfJob } from "./job.js"
import { hasEnded } from "./pod.js"
import type { Snapshot } from "./snapshot.js"

/** Of these Jobs, those that still run: without an end, or with pods that outlive them while they terminate. */
export function unfinishedJobs(snapshot: Snapshot, names: string[]): string[] {
  return names.filter(name => {
    const job = jobOf(snapshot, name)
    if (job && isComplete(job)) return false
    const hasFailed = job?.status.conditions.some(({ type, status }) => type === "Failed" && status === "True")
    return (job && !hasFailed) || podsOfJob(snapshot, name).some(pod => !hasEnded(pod))
  })
}
