import { timeOf } from "../util/time.js"
import { isFinalRefusal, refusal, type RolloutFailure, type SidecarRuns } from "./failure.js"
import { hasEnded, PATIENT, podFailure } from "./pod.js"
import { eventsOf, isOwnedBy, type Of, only, type Snapshot } from "./snapshot.js"

/** A label that the Job controller of every version gives its pods. */
export const JOB_LABEL = "job-name"
/** Clusters before 1.27 have the second one only. */
const JOB_LABELS = ["batch.kubernetes.io/job-name", JOB_LABEL]
/** Annotation of a Job that has done its work, and cannot complete for a sidecar that does not end. */
export const DONE = "cloud-native/done"
/** Failures of containers that have run: these the Job itself counts, by its backoffLimit. */
const COUNTED: RolloutFailure["kind"][] = [
  "OutOfMemory",
  "Killed",
  "Completed",
  "CrashLoop",
  "ProbeFailed",
  "NeverReady",
  "KilledByProbe",
]
/** Milliseconds that a sidecar has to end by itself after the container that it serves. */
const SIDECAR_END = 5_000

/** The pods of a Job, the newest last. */
export function podsOfJob(snapshot: Snapshot, name: string): Of<"Pod">[] {
  const job = jobOf(snapshot, name)
  return only(snapshot, "Pod")
    .filter(
      pod => JOB_LABELS.some(label => pod.metadata.labels[label] === name) || (job && isOwnedBy(pod, job.metadata.uid)),
    )
    .sort((a, b) => createdAt(a) - createdAt(b))
}

function createdAt({ metadata }: Of<"Pod">): number {
  return timeOf(metadata.creationTimestamp) || 0
}

export function jobOf(snapshot: Snapshot, name: string): Of<"Job"> | undefined {
  return only(snapshot, "Job").find(({ metadata }) => metadata.name === name)
}

/** Why a Job will never end: its pods cannot start, cannot be created, or cannot end; undefined while it may. */
export function jobFailure(snapshot: Snapshot, name: string, now: number): RolloutFailure | undefined {
  const all = podsOfJob(snapshot, name)
  const pods = all.filter(pod => !hasEnded(pod))
  const job = jobOf(snapshot, name)
  const held = job && pods.map(pod => heldBySidecar(pod, job, now)).find(failure => failure !== undefined)
  if (held) return held
  const failures = pods.map(pod => podFailure(pod, snapshot, now, PATIENT))
  if (failures.every(failure => failure && !COUNTED.includes(failure.kind)) && failures[0]) return failures[0]
  if (all.length > 0) return undefined
  const events = job
    ? eventsOf(job, snapshot)
    : only(snapshot, "Event").filter(({ involvedObject }) => involvedObject.name === name)
  return events
    .filter(({ reason }) => reason === "FailedCreate")
    .map(({ message }) => refusal(message))
    .find(isFinalRefusal)
}

/** Whether more pods of a Job have failed than it allows, which its controller says a second or two later. */
export function isExhausted(snapshot: Snapshot, { metadata, spec }: Of<"Job">): boolean {
  // By a policy, some failures do not count.
  if (spec.podFailurePolicy) return false
  const failed = only(snapshot, "Pod").filter(pod => isOwnedBy(pod, metadata.uid) && pod.status.phase === "Failed")
  return failed.length > spec.backoffLimit
}

/** A pod whose own containers have ended for good, while one that was injected runs on, or tries to start. */
function heldBySidecar(pod: Of<"Pod">, job: Of<"Job">, now: number): RolloutFailure | undefined {
  const names = job.spec.template.spec.containers.map(({ name }) => name)
  const own = pod.status.containerStatuses.filter(({ name }) => names.includes(name))
  const sidecar = pod.status.containerStatuses.find(({ name, state }) => !names.includes(name) && !state.terminated)
  const isOver = own.every(
    ({ state: { terminated } }) =>
      terminated &&
      (terminated.exitCode === 0 || pod.spec.restartPolicy === "Never") &&
      now - timeOf(terminated.finishedAt) > SIDECAR_END,
  )
  if (!sidecar || own.length === 0 || !isOver) return undefined
  const worst = own.find(({ state }) => state.terminated!.exitCode !== 0) ?? own[0]!
  const { exitCode } = worst.state.terminated!
  return { kind: "SidecarRuns", container: worst.name, init: false, exitCode, sidecar: sidecar.name }
}

/** Whether a Job that can never end has done all that it was to do. */
export function isDone({ spec }: Of<"Job">, failure: RolloutFailure): failure is SidecarRuns {
  return failure.kind === "SidecarRuns" && failure.exitCode === 0 && spec.completions === 1
}

/** What tells of a Job whether it has ended. */
export interface Ended {
  metadata: { annotations: Record<string, string> }
  status: { conditions: { type: string; status: string }[] }
}

/** Whether a Job has completed, or has done its work all the same. */
export function isComplete({ metadata, status }: Ended): boolean {
  const isMet = status.conditions.some(condition => condition.type === "Complete" && condition.status === "True")
  return isMet || metadata.annotations[DONE] !== undefined
}

/** Whether a Job that is gone had completed since `begun`: one with a ttl of 0 is deleted at once. */
export function hasCompleted(snapshot: Snapshot, name: string, begun: number): boolean {
  return only(snapshot, "Event").some(
    ({ involvedObject, reason, lastTimestamp }) =>
      involvedObject.name === name && reason === "Completed" && timeOf(lastTimestamp) >= begun - 1000,
  )
}
