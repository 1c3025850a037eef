import { jobOf, podsOfJob } from "./job.js"
import { hasEnded } from "./pod.js"
import type { Snapshot } from "./snapshot.js"

/** Of these Jobs, those that still run: without an end, or with pods that outlive them while they terminate. */
export function unfinishedJobs(snapshot: Snapshot, names: string[]): string[] {
  return names.filter(name => {
    const job = jobOf(snapshot, name)
    const has = (end: string) => job?.status.conditions.some(({ type, status }) => type === end && status === "True")
    if (has("Complete")) return false
    return (job && !has("Failed")) || podsOfJob(snapshot, name).some(pod => !hasEnded(pod))
  })
}
