import { jobOf, podsOfJob } from "./job.js"
import { hasEnded } from "./pod.js"
import type { Snapshot } from "./snapshot.js"

/** Of these Jobs, those that still run: without an end, or with pods that outlive them while they terminate. */
export function unfinishedJobs(snapshot: Snapshot, names: string[]): string[] {
  return names.filter(name => {
    const ended = jobOf(snapshot, name)?.status.conditions.filter(({ status }) => status === "True") ?? []
    if (ended.some(({ type }) => type === "Complete")) return false
    const isThere = jobOf(snapshot, name) !== undefined && !ended.some(({ type }) => type === "Failed")
    return isThere || podsOfJob(snapshot, name).some(pod => !hasEnded(pod))
  })
}
