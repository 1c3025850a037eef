import { isFinalRefusal } from "./deployment.js"
import { doomOfAll } from "./pod.js"
import { type Of, only, type Snapshot } from "./snapshot.js"

/** Why a Job will never run: its pods are there, or not even that. */
export interface JobDoom {
  type: "Stuck" | "Refused"
  message: string
}

export function podsOfJob(snapshot: Snapshot, name: string): Of<"Pod">[] {
  return only(snapshot, "Pod").filter(pod => pod.metadata.name.startsWith(`${name}-`))
}

/** Why none of a Job's pods will come up, or be created at all; undefined while one may. */
export function doomOfJob(snapshot: Snapshot, name: string, now: number): JobDoom | undefined {
  const pods = podsOfJob(snapshot, name)
  const message = doomOfAll(pods, snapshot, now)
  if (message) return { type: "Stuck", message }
  const refusal = only(snapshot, "Event").find(
    event => event.involvedObject.name === name && event.reason === "FailedCreate" && isFinalRefusal(event.message),
  )
  return pods.length === 0 && refusal
    ? { type: "Refused", message: `no pod can be created: ${refusal.message}` }
    : undefined
}
