import type { Config } from "../config/schema.js"
import { timeOf } from "../util/time.js"
import {
  type Cause,
  configFailure,
  isComing,
  isPassing,
  mountFailure,
  type PodFailure,
  pullFailure,
  schedulingFailure,
} from "./failure.js"
import { failedProbe } from "./probes.js"
import { type ContainerStatus, eventsOf, isOwnedBy, type Of, only, type Snapshot } from "./snapshot.js"

/** Milliseconds that what may heal by itself (room that is being made, a service account on its way) is given. */
export const GRACE = 30_000
/** Milliseconds for which a part of a release may not come up while the rest of it does, as a pod that met a bad node. */
export const PARTIAL = 60_000
/** Milliseconds for which no node takes a pod before that counts, where the nodes that there are is all there will be. */
const UNSCHEDULABLE = 5_000
/** The same where nodes can be ordered: an autoscaler looks for such pods every ten seconds, and takes a while to decide; as long as a volume may take. */
const AUTOSCALED = 60_000
/** Nodes of clusters that add none by themselves: k3s, rke2, kind, and clusters without a cloud. */
const FIXED_NODE = /^((k3s|rke2|kind):\/\/|$)/
/** Milliseconds that a missing Secret or ConfigMap is given, which something else in the cluster may be about to make. */
const MISSING = 4_000
/** Milliseconds for which the end of a container counts as a crash of this rollout: the kubelet forgets it after as many. */
const RECENT = 600_000

/** Milliseconds for which a node that was ordered for another pod of the namespace may be on its way for this one too. */
const NODE_ORDERED = 300_000
/** Milliseconds after its start from which on a sidecar that is ready serves the containers beside it. */
const SIDECAR_START = 10_000
/** The same for one that is not: it may itself wait for the container that it serves. */
const SIDECAR_READY = 30_000
/** Failures of containers that run. */
const PROBED: PodFailure["kind"][] = ["ProbeFailed", "NeverReady"]

type Events = Of<"Event">[]

const NOT_WAITING = { reason: "", message: "" }

/** What a starting pod is granted. */
export interface StartLimits {
  /** Seconds within which a pod that has no startup probe is ready for the first time; Infinity where the progress deadline decides. */
  startup: number
  /** How often a container may restart. */
  restarts: number
}

/** For those that ask how pods are rather than what to expect of them. */
export const PATIENT: StartLimits = { startup: Infinity, restarts: Infinity }

/** Where a slow start is only warned of, the progress deadline ends it. */
export function startLimits({ startup, startupAction, restarts }: Config["limits"]): StartLimits {
  return { startup: startupAction === "warn" ? Infinity : startup, restarts }
}

/**
 * The first pod that will not come up by itself, where none of them will, or that one has not for a while; undefined while
 * all may, and where there is none.
 */
export function firstDoomed(
  pods: Of<"Pod">[],
  snapshot: Snapshot,
  now: number,
  limits: StartLimits,
): { failure: PodFailure; culprit: Of<"Pod"> } | undefined {
  const doomed = pods.flatMap(pod => {
    const failure = podFailure(pod, snapshot, now, limits)
    return failure ? [{ failure, culprit: pod }] : []
  })
  return doomed.length === pods.length ? doomed[0] : doomed.find(({ culprit }) => now - unreadySince(culprit) > PARTIAL)
}

/** Since when (in milliseconds) a pod has not been ready. */
function unreadySince(pod: Of<"Pod">): number {
  const ready = pod.status.conditions.find(({ type }) => type === "Ready")
  return timeOf(ready?.lastTransitionTime ?? pod.metadata.creationTimestamp)
}

/** Why a pod will not come up by itself; undefined while it may. `now` is in milliseconds since 1970. */
export function podFailure(
  pod: Of<"Pod">,
  snapshot: Snapshot,
  now: number,
  limits: StartLimits,
): PodFailure | undefined {
  const events = eventsOf(pod, snapshot)
  const scheduled = pod.status.conditions.find(condition => condition.type === "PodScheduled")
  const age = now - timeOf(scheduled?.lastTransitionTime ?? pod.metadata.creationTimestamp)
  if (scheduled?.status === "False")
    return age > patience(snapshot, events, scheduled.message)
      ? unschedulable(pod, scheduled, snapshot, now)
      : undefined
  const { initContainerStatuses, containerStatuses } = pod.status
  const own = ownContainers(pod, snapshot)
  const isOwn = (name: string) => own.includes(name)
  const isSettled = age > MISSING
  for (const status of initContainerStatuses) {
    const cause = containerFailure(pod, status, { events, isSettled, now, limits })
    if (cause && status.state.terminated?.exitCode !== 0) return { ...cause, container: status.name, init: true }
  }
  const isOwnReady = containerStatuses.every(({ name, ready }) => ready || !isOwn(name))
  const failures = [...containerStatuses]
    .sort((a, b) => Number(isOwn(b.name)) - Number(isOwn(a.name)))
    .flatMap(status => {
      const cause = containerFailure(pod, status, { events, isSettled, now, limits })
      // One that was injected may not be ready before the containers that it serves.
      const isWaiting = !isOwn(status.name) && !isOwnReady && cause && PROBED.includes(cause.kind)
      return cause && !isWaiting ? [{ ...cause, container: status.name, init: false }] : []
    })
  // What ends tells more than what is not ready, perhaps for lack of it.
  const failure = failures.find(({ kind }) => !PROBED.includes(kind)) ?? failures[0]
  return failure ?? (isSettled ? unmounted(pod, events) : undefined)
}

/** The containers of a pod that its manifest has, in contrast to those that were injected; none where that is not known. */
function ownContainers(pod: Of<"Pod">, snapshot: Snapshot): string[] {
  const owner = [...only(snapshot, "ReplicaSet"), ...only(snapshot, "Job")].find(({ metadata }) =>
    isOwnedBy(pod, metadata.uid),
  )
  return owner?.spec.template.spec.containers.map(({ name }) => name) ?? []
}

/** Whether a pod is about to leave its node, and its share of a quota, to another one: it ends, or will for one that comes up. */
export function makesRoom(snapshot: Snapshot): boolean {
  const pods = only(snapshot, "Pod")
  if (pods.some(pod => pod.metadata.deletionTimestamp)) return true
  const replicaSets = only(snapshot, "ReplicaSet")
  const onNodes = pods.filter(
    pod => replicaSets.some(set => isOwnedBy(pod, set.metadata.uid)) && isScheduled(pod, "True") && !hasEnded(pod),
  )
  const available = only(snapshot, "Deployment").reduce((sum, { status }) => sum + status.availableReplicas, 0)
  return onNodes.length > available
}

/** Whether no node has taken a pod so far. */
export function isUnscheduled(pod: Of<"Pod">): boolean {
  return isScheduled(pod, "False")
}

function isScheduled(pod: Of<"Pod">, status: "True" | "False"): boolean {
  return pod.status.conditions.some(condition => condition.type === "PodScheduled" && condition.status === status)
}

export function isReady(pod: Of<"Pod">): boolean {
  return pod.status.conditions.some(({ type, status }) => type === "Ready" && status === "True")
}

/** Whether its node was short of memory, disk or processes, and it had to go. */
export function isEvicted(pod: Of<"Pod">): boolean {
  return pod.status.reason === "Evicted"
}

/** Evicted, or on a node that was shut down: Kubernetes keeps such a pod, and puts another one in its place. */
export function hasEnded(pod: Of<"Pod">): boolean {
  return pod.status.phase === "Failed" || pod.status.phase === "Succeeded"
}

/** Milliseconds for which a pod may be without a node. An autoscaler that adds none has said so. */
function patience(snapshot: Snapshot, events: Events, message: string): number {
  const isFinal =
    !isComing(message) && (isFixed(snapshot) || events.some(({ reason }) => reason === "NotTriggerScaleUp"))
  if (!isFinal) return AUTOSCALED
  return makesRoom(snapshot) ? GRACE : UNSCHEDULABLE
}

/** Whether the cluster orders no further nodes. Of nodes that may not be looked at, nothing is known. */
function isFixed(snapshot: Snapshot): boolean {
  const nodes = only(snapshot, "Node")
  return nodes.length > 0 && nodes.every(({ spec }) => FIXED_NODE.test(spec.providerID))
}

/**
 * A cluster that is adding a node says so in an event, and then takes minutes rather than seconds; a node that is
 * nominated is being cleared of pods of a lower priority, which takes as long as they take to end.
 */
function unschedulable(
  pod: Of<"Pod">,
  scheduled: { reason?: string; message: string },
  snapshot: Snapshot,
  now: number,
): PodFailure | undefined {
  const orders = (events: Events) =>
    events.filter(({ reason }) => reason === "TriggeredScaleUp" || reason === "Nominated")
  const nodeIsComing =
    pod.status.nominatedNodeName !== "" ||
    orders(eventsOf(pod, snapshot)).length > 0 ||
    orders(only(snapshot, "Event")).some(({ lastTimestamp }) => now - timeOf(lastTimestamp) < NODE_ORDERED)
  return scheduled.reason === "Unschedulable" && !nodeIsComing ? schedulingFailure(scheduled.message) : undefined
}

interface Circumstances {
  events: Events
  /** Whether the pod is old enough for what it refers to to be there. */
  isSettled: boolean
  now: number
  limits: StartLimits
}

function containerFailure(
  pod: Of<"Pod">,
  status: ContainerStatus,
  { events, isSettled, now, limits }: Circumstances,
): Cause | undefined {
  const { reason, message } = status.state.waiting ?? NOT_WAITING
  switch (reason) {
    case "ErrImagePull":
    case "ImagePullBackOff": {
      if (message.includes("pull QPS exceeded")) return undefined
      const failure = pullFailure(message)
      const mayPass = failure.kind === "ImagePullFailed" || failure.kind === "ImagePullLimited"
      return !mayPass || failedPulls(status, events) > 1 ? failure : undefined
    }
    case "InvalidImageName":
      return { kind: "InvalidImageName", message }
    case "CreateContainerConfigError": {
      if (isPassing(message)) return undefined
      const failure = configFailure(message)
      return isSettled || !failure.kind.startsWith("Missing") ? failure : undefined
    }
    case "CreateContainerError":
    case "RunContainerError":
      return isPassing(message) ? undefined : { kind: "CannotStart", message }
    default:
      return failedProbe(pod, status, events, now, limits.startup) ?? crash(pod, status, now, limits.restarts)
  }
}

/** A registry that is away may be back when the kubelet tries again, some ten seconds later: it takes two pulls that failed. */
function failedPulls(status: ContainerStatus, events: Events): number {
  const failures = events.filter(event => event.message.startsWith(`Failed to pull image "${status.image}"`))
  return failures.reduce((total, event) => total + event.count, 0)
}

/** Why a container ends again and again; undefined while it may still restart. */
function crash(pod: Of<"Pod">, status: ContainerStatus, now: number, restarts: number): Cause | undefined {
  const last = status.state.terminated ?? status.lastState.terminated
  const isWaiting = status.state.waiting?.reason === "CrashLoopBackOff"
  const finishedAt = timeOf(last?.finishedAt)
  if (status.ready || (!isWaiting && !(now - finishedAt < RECENT))) return undefined
  const ends = status.restartCount + (status.state.terminated || isWaiting ? 1 : 0)
  const cause = causeOfEnd(last)
  if (cause.kind === "CannotStart") return cause
  // Memory that is short twice is short again.
  const allowed = cause.kind === "OutOfMemory" ? Math.min(restarts, 1) : restarts
  return ends > allowed && !isEarly(pod, finishedAt) ? cause : undefined
}

function causeOfEnd(end: ContainerStatus["lastState"]["terminated"]): Cause {
  if (end?.reason === "StartError" || end?.reason === "ContainerCannotRun")
    return { kind: "CannotStart", message: end.message }
  if (end?.reason === "OOMKilled") return { kind: "OutOfMemory" }
  if (end?.exitCode === 0) return { kind: "Completed" }
  return end?.exitCode === 137 ? { kind: "Killed" } : { kind: "CrashLoop", exitCode: end?.exitCode }
}

/** Whether a container ended while another one of its pod, as a proxy or a sidecar that it needs, was still starting. */
function isEarly(pod: Of<"Pod">, finishedAt: number): boolean {
  return pod.status.containerStatuses.some(({ ready, restartCount, state: { running, waiting } }) => {
    if (restartCount > 0) return false
    if (!running) return waiting?.reason === "ContainerCreating"
    return finishedAt - timeOf(running.startedAt) < (ready ? SIDECAR_START : SIDECAR_READY)
  })
}

/** A volume whose ConfigMap or Secret, or key of one, does not exist; the container then waits without a reason of its own. */
function unmounted(pod: Of<"Pod">, events: Events): PodFailure | undefined {
  const isMounted = pod.status.conditions.some(
    ({ type, status }) => type === "PodReadyToStartContainers" && status === "True",
  )
  const hasBegun = pod.status.containerStatuses.some(
    ({ state, restartCount }) => state.running || state.terminated || restartCount > 0,
  )
  if (isMounted || hasBegun) return undefined
  return events
    .filter(event => event.reason === "FailedMount")
    .map(event => mountFailure(event.message))
    .findLast(failure => failure !== undefined)
}
