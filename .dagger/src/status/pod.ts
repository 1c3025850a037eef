import { type Cause, configFailure, mountFailure, type PodFailure, pullFailure } from "./failure.js"
import { failedProbe, killedByProbe } from "./probes.js"
import { type ContainerStatus, isOwnedBy, type Of, only, type Snapshot } from "./snapshot.js"

/** Milliseconds that what may heal by itself (room that is being made, a service account on its way) is given. */
export const GRACE = 30_000
/** Milliseconds for which no node takes a pod before that counts, where the nodes that there are is all there will be. */
const UNSCHEDULABLE = 5_000
/** The same where nodes can be ordered: an autoscaler looks for such pods every ten seconds, and takes a while to decide. */
const AUTOSCALED = 60_000
/** Nodes of clusters that add none by themselves: k3s, rke2, kind, and clusters without a cloud. */
const FIXED_NODE = /^((k3s|rke2|kind):\/\/|$)/
/** Milliseconds that a missing Secret or ConfigMap is given, which something else in the cluster may be about to make. */
const MISSING = 4_000
/** Milliseconds for which the end of a container counts as a crash of this rollout: the kubelet forgets it after as many. */
const RECENT = 600_000

type Events = Of<"Event">[]

/** Why none of these pods will come up by itself; undefined while one may, and where there is none. */
export function commonFailure(pods: Of<"Pod">[], snapshot: Snapshot, now: number): PodFailure | undefined {
  const failures = pods.map(pod => podFailure(pod, snapshot, now))
  return failures.every(failure => failure !== undefined) ? failures[0] : undefined
}

/** Why a pod will not come up by itself; undefined while it may. `now` is in milliseconds since 1970. */
export function podFailure(pod: Of<"Pod">, snapshot: Snapshot, now: number): PodFailure | undefined {
  const events = only(snapshot, "Event").filter(event => event.involvedObject.name === pod.metadata.name)
  const scheduled = pod.status.conditions.find(condition => condition.type === "PodScheduled")
  const age = now - Date.parse(scheduled?.lastTransitionTime ?? pod.metadata.creationTimestamp ?? "")
  if (scheduled?.status === "False")
    return age > patience(snapshot, events) ? unschedulable(pod, scheduled, events) : undefined
  const { initContainerStatuses, containerStatuses } = pod.status
  const isSettled = age > MISSING
  for (const status of initContainerStatuses) {
    const cause = containerFailure(pod, status, events, isSettled, now)
    if (cause && status.state.terminated?.exitCode !== 0) return { ...cause, container: status.name, init: true }
  }
  for (const status of containerStatuses) {
    const cause = containerFailure(pod, status, events, isSettled, now)
    if (cause) return { ...cause, container: status.name, init: false }
  }
  return isSettled ? unmounted(pod, events) : undefined
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

/** Evicted, or on a node that was shut down: Kubernetes keeps such a pod, and puts another one in its place. */
export function hasEnded(pod: Of<"Pod">): boolean {
  return pod.status.phase === "Failed" || pod.status.phase === "Succeeded"
}

/** Milliseconds for which a pod may be without a node. An autoscaler that adds none has said so. */
function patience(snapshot: Snapshot, events: Events): number {
  const isFinal = isFixed(snapshot) || events.some(event => event.reason === "NotTriggerScaleUp")
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
  scheduled: { reason?: string; message?: string },
  events: Events,
): PodFailure | undefined {
  const nodeIsComing =
    pod.status.nominatedNodeName !== "" ||
    events.some(event => event.reason === "TriggeredScaleUp" || event.reason === "Nominated")
  return scheduled.reason === "Unschedulable" && !nodeIsComing
    ? { kind: "Unschedulable", message: scheduled.message ?? "" }
    : undefined
}

function containerFailure(
  pod: Of<"Pod">,
  status: ContainerStatus,
  events: Events,
  isSettled: boolean,
  now: number,
): Cause | undefined {
  const { reason, message } = status.state.waiting ?? { reason: "", message: "" }
  switch (reason) {
    case "ErrImagePull":
    case "ImagePullBackOff": {
      const failure = pullFailure(message)
      return failure.kind !== "ImagePullFailed" || failedPulls(status, events) > 1 ? failure : undefined
    }
    case "InvalidImageName":
      return { kind: "InvalidImageName", message }
    case "CreateContainerConfigError": {
      if (/failed to sync .* cache/.test(message)) return undefined
      const failure = configFailure(message)
      return isSettled || !failure.kind.startsWith("Missing") ? failure : undefined
    }
    case "CreateContainerError":
    case "RunContainerError":
      return { kind: "CannotStart", message }
    case "CrashLoopBackOff":
      return crash(status, events)
    default:
      return failedProbe(pod, status, events, now) ?? (hasCrashedTwice(status, now) ? crash(status, events) : undefined)
  }
}

/** A registry that is away may be back when the kubelet tries again, some ten seconds later: it takes two pulls that failed. */
function failedPulls(status: ContainerStatus, events: Events): number {
  const failures = events.filter(event => event.message.startsWith(`Failed to pull image "${status.image}"`))
  return failures.reduce((total, event) => total + event.count, 0)
}

/** The kubelet starts a container anew at once after its first end, which may help; the second one says that it does not. */
function hasCrashedTwice(status: ContainerStatus, now: number): boolean {
  const { terminated } = status.state
  const last = terminated ?? status.lastState.terminated
  return (
    !status.ready && status.restartCount + (terminated ? 1 : 0) > 1 && now - Date.parse(last?.finishedAt ?? "") < RECENT
  )
}

function crash(status: ContainerStatus, events: Events): Cause {
  const ended = status.state.terminated ?? status.lastState.terminated
  if (ended?.reason === "OOMKilled") return { kind: "OutOfMemory" }
  const killed = killedByProbe(status.name, events)
  if (killed) return killed
  if (ended?.exitCode === 0) return { kind: "Completed" }
  return ended?.exitCode === 137 ? { kind: "Killed" } : { kind: "CrashLoop", exitCode: ended?.exitCode }
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
