import { excerpt } from "../util/printable.js"
import { timeOf } from "../util/time.js"
import { isFinalRefusal, refusal, type RolloutFailure } from "./failure.js"
import { firstDoomed, GRACE, hasEnded, isReady, makesRoom, PARTIAL, type StartLimits } from "./pod.js"
import { asksForMoreThanAll } from "./quota.js"
import { isOwnedBy, type Of, only, type Snapshot } from "./snapshot.js"

const REVISION = "deployment.kubernetes.io/revision"

/** Milliseconds for which pods that are being deleted are waited for; one that its own grace gives longer is not. */
const TERMINATION = 60_000

export interface RolloutState {
  deployment: string
  /** One line for a person: where the rollout stands. */
  line: string
  /** As many pods as needed are of this release and available; old ones are gone, or will end by themselves. */
  complete: boolean
  /** Why it cannot succeed; unset while it may. */
  failure?: RolloutFailure
  /** The pod that shows the failure; unset if another object does. */
  culprit?: Of<"Pod">
  /** What is of no consequence for the verdict, but not as it is meant to be. */
  warning?: string
  /** The ReplicaSet of this release. */
  replicaSet?: Of<"ReplicaSet">
  /** The pods of this release. */
  pods: Of<"Pod">[]
  /** The pods of previous releases, those that are being deleted included. */
  old: Of<"Pod">[]
  /** Pods of this release that ended as a whole, as those that were evicted. */
  ended: Of<"Pod">[]
}

export function deploymentIn(snapshot: Snapshot, name: string): Of<"Deployment"> | undefined {
  return only(snapshot, "Deployment").find(({ metadata }) => metadata.name === name)
}

/** Where the rollout of one Deployment stands. `now` is in milliseconds since 1970. */
export function readRollout(snapshot: Snapshot, name: string, now: number, limits: StartLimits): RolloutState {
  const deployment = deploymentIn(snapshot, name)
  if (!deployment) return { deployment: name, line: "not there yet", complete: false, pods: [], old: [], ended: [] }
  const replicaSets = only(snapshot, "ReplicaSet").filter(item => isOwnedBy(item, deployment.metadata.uid))
  const newest = replicaSets.find(
    item => item.metadata.annotations[REVISION] === deployment.metadata.annotations[REVISION],
  )
  const allOf = (set: Of<"ReplicaSet">) => only(snapshot, "Pod").filter(pod => isOwnedBy(pod, set.metadata.uid))
  const podsOf = (set: Of<"ReplicaSet">) => allOf(set).filter(pod => !hasEnded(pod))
  const old = replicaSets.filter(item => item !== newest).flatMap(podsOf)
  const pods = newest ? podsOf(newest).filter(pod => !pod.metadata.deletionTimestamp) : []
  const current = deployment.status.observedGeneration >= (deployment.metadata.generation ?? 0)
  const { status } = deployment
  const needed = neededOf(deployment, autoscalerOf(snapshot, name))
  const wanted = Math.max(deployment.spec.replicas, needed)
  const complete =
    current &&
    status.updatedReplicas >= needed &&
    status.availableReplicas >= needed &&
    status.replicas === status.updatedReplicas &&
    old.every(pod => isLeft(pod, now))
  return {
    deployment: name,
    line: `${status.updatedReplicas}/${wanted} new, ${Math.min(status.availableReplicas, status.replicas)} available, ${old.length} old${deployment.spec.paused ? ", paused: true" : ""}`,
    complete,
    ...(current && !complete && failureOf(snapshot, deployment, newest, pods, now, limits)),
    warning: warningOf(deployment, autoscalerOf(snapshot, name), complete ? old : []),
    replicaSet: newest,
    pods,
    old,
    ended: newest ? allOf(newest).filter(hasEnded) : [],
  }
}

/**
 * Whether an old pod is not waited for any more: it is no endpoint, and either the grace that it was given is over (its
 * node may be lost) or lasts for long.
 */
export function isLeft({ metadata: { deletionTimestamp } }: Of<"Pod">, now: number): boolean {
  const left = timeOf(deletionTimestamp) - now
  return left < 0 || left > TERMINATION
}

function warningOf(
  { metadata: { name }, spec }: Of<"Deployment">,
  autoscaler: Of<"HorizontalPodAutoscaler"> | undefined,
  left: Of<"Pod">[],
): string | undefined {
  if (left.length > 0) {
    const pods = left.map(({ metadata }) => `${metadata.name} (its grace ends at ${metadata.deletionTimestamp})`)
    return `old pods are still terminating: ${pods.join(", ")}`
  }
  if (spec.paused)
    return `it is paused (paused: true), so no pod of it is replaced; to let it go on: kubectl rollout resume deployment/${name}`
  if (spec.replicas === 0 && !autoscaler)
    return `it has 0 replicas, so nothing of it runs; to start it: kubectl scale deployment/${name} --replicas=1, or set replicas in the manifest`
  return autoscaler?.status.conditions.map(inactive).find(Boolean)
}

/**
 * Nothing of the newest ReplicaSet can come up: its pods are refused, every one of them is doomed, or Kubernetes itself
 * has given up. Where a part of it can, the rest is given a while.
 */
function failureOf(
  snapshot: Snapshot,
  deployment: Of<"Deployment">,
  newest: Of<"ReplicaSet"> | undefined,
  pods: Of<"Pod">[],
  now: number,
  limits: StartLimits,
): Pick<RolloutState, "failure" | "culprit"> {
  const doomed = firstDoomed(pods, snapshot, now, limits)
  if (doomed) return doomed
  const refused = newest && refusedPods(snapshot, newest, pods.length === 0, now)
  if (refused) return { failure: refused }
  const failure = exceededDeadline(deployment)
  return failure ? { failure, culprit: pods.find(pod => !isReady(pod)) } : {}
}

/**
 * Why the API server creates no pod, or no further one; what may be on its way, as a service account in the same release
 * or the share of the quota that a pod leaves, is given time.
 */
function refusedPods(
  snapshot: Snapshot,
  newest: Of<"ReplicaSet">,
  none: boolean,
  now: number,
): RolloutFailure | undefined {
  const condition = newest.status?.conditions.find(
    condition => condition.type === "ReplicaFailure" && condition.status === "True",
  )
  if (!condition?.message) return undefined
  const failure = refusal(condition.message)
  const age = now - timeOf(condition.lastTransitionTime)
  const mayPass = failure.kind === "QuotaExceeded" && makesRoom(snapshot) && !asksForMoreThanAll(failure.message)
  const isFinal = isFinalRefusal(failure) && !mayPass
  return (none && isFinal) || age > (none ? GRACE : PARTIAL) ? failure : undefined
}

/** Why an autoscaler does not scale; without its metrics yet, as just after its creation, it is none the worse. */
function inactive({
  type,
  status,
  reason,
  message,
}: Of<"HorizontalPodAutoscaler">["status"]["conditions"][number]): string | undefined {
  return type === "ScalingActive" && status === "False" && !reason?.startsWith("FailedGet")
    ? `its autoscaler does not scale it: ${excerpt(message)}`
    : undefined
}

function exceededDeadline(deployment: Of<"Deployment">): RolloutFailure | undefined {
  const progressing = deployment.status.conditions.find(condition => condition.type === "Progressing")
  return progressing?.reason === "ProgressDeadlineExceeded"
    ? { kind: "DeadlineExceeded", message: progressing.message }
    : undefined
}

/**
 * How many pods must be ready: all; of an autoscaler's, its minimum, since it may ask for more at any time than there is
 * room for. What is scaled to nothing (by KEDA, or overnight) stays so, whatever the autoscaler's minimum.
 */
function neededOf({ spec }: Of<"Deployment">, autoscaler: Of<"HorizontalPodAutoscaler"> | undefined): number {
  return spec.replicas === 0 ? 0 : (autoscaler?.spec.minReplicas ?? spec.replicas)
}

function autoscalerOf(snapshot: Snapshot, deployment: string): Of<"HorizontalPodAutoscaler"> | undefined {
  return only(snapshot, "HorizontalPodAutoscaler").find(
    item => item.spec.scaleTargetRef.kind === "Deployment" && item.spec.scaleTargetRef.name === deployment,
  )
}
