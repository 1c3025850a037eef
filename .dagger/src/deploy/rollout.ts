import { doomOfAll, GRACE } from "./doom.js"
import { only, type Of, type Snapshot } from "./snapshot.js"

const REVISION = "deployment.kubernetes.io/revision"

export interface RolloutState {
  deployment: string
  /** One line for a person: where the rollout stands. */
  line: string
  /** Every pod wanted is of this release and available, and the old ones are gone. */
  complete: boolean
  /** Why it will not heal; unset while it may. */
  hopeless?: string
  /** The pods of this release. */
  pods: Of<"Pod">[]
}

/** Where the rollout of one Deployment stands. `now` is in milliseconds since 1970. */
export function readRollout(snapshot: Snapshot, name: string, now: number): RolloutState {
  const deployment = only(snapshot, "Deployment").find(item => item.metadata.name === name)
  if (!deployment) return { deployment: name, line: "not there yet", complete: false, pods: [] }
  const replicaSets = only(snapshot, "ReplicaSet").filter(item => owns(deployment, item))
  const newest = replicaSets.find(item => item.metadata.annotations[REVISION] === deployment.metadata.annotations[REVISION])
  const podsOf = (set: Of<"ReplicaSet">) => only(snapshot, "Pod").filter(pod => owns(set, pod) && !hasEnded(pod))
  const old = replicaSets.filter(item => item !== newest).flatMap(podsOf)
  const pods = newest ? podsOf(newest).filter(pod => !pod.metadata.deletionTimestamp) : []
  const current = deployment.status.observedGeneration >= (deployment.metadata.generation ?? 0)
  const { status } = deployment
  const wanted = Math.max(deployment.spec.replicas, minimum(snapshot, name))
  const complete =
    current && status.updatedReplicas >= wanted && status.availableReplicas >= wanted && status.replicas === status.updatedReplicas && old.length === 0
  return {
    deployment: name,
    line: `${status.updatedReplicas}/${wanted} new, ${Math.min(status.availableReplicas, status.replicas)} available, ${old.length} old`,
    complete,
    hopeless: current && !complete ? hopelessness(snapshot, deployment, newest, pods, now) : undefined,
    pods,
  }
}

/** Nothing of the newest ReplicaSet can come up: its pods are refused, every one of them is doomed, or Kubernetes itself has given up. */
function hopelessness(
  snapshot: Snapshot, deployment: Of<"Deployment">, newest: Of<"ReplicaSet"> | undefined, pods: Of<"Pod">[], now: number,
): string | undefined {
  return doomOfAll(pods, snapshot, now) ?? (pods.length === 0 && newest ? refusal(newest, now) : undefined) ?? exceededDeadline(deployment)
}

/** Why the API server creates no pod; what may be on its way, as a service account in the same release, is given time. */
function refusal(newest: Of<"ReplicaSet">, now: number): string | undefined {
  const failure = newest.status?.conditions.find(condition => condition.type === "ReplicaFailure" && condition.status === "True")
  if (!failure?.message) return undefined
  const final = /forbidden|invalid/.test(failure.message) && !/error looking up service account/.test(failure.message)
  return final || now - Date.parse(failure.lastTransitionTime ?? "") > GRACE ? `no pod can be created: ${failure.message}` : undefined
}

function exceededDeadline(deployment: Of<"Deployment">): string | undefined {
  const progressing = deployment.status.conditions.find(condition => condition.type === "Progressing")
  return progressing?.reason === "ProgressDeadlineExceeded" ? `its pods did not become ready in time: ${progressing.message}` : undefined
}

/** Evicted, or on a node that was shut down: Kubernetes keeps such a pod, and puts another one in its place. */
function hasEnded(pod: Of<"Pod">): boolean {
  return pod.status.phase === "Failed" || pod.status.phase === "Succeeded"
}

/** The least that the Deployment's autoscaler allows; 0 where there is none. */
function minimum(snapshot: Snapshot, deployment: string): number {
  const autoscaler = only(snapshot, "HorizontalPodAutoscaler").find(
    item => item.spec.scaleTargetRef.kind === "Deployment" && item.spec.scaleTargetRef.name === deployment,
  )
  return autoscaler?.spec.minReplicas ?? 0
}

function owns(owner: { metadata: { uid: string } }, item: { metadata: { ownerReferences: { uid: string }[] } }): boolean {
  return item.metadata.ownerReferences.some(reference => reference.uid === owner.metadata.uid)
}
