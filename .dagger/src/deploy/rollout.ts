import { doom } from "./doom.js"
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
  const podsOf = (set: Of<"ReplicaSet">) => only(snapshot, "Pod").filter(pod => owns(set, pod))
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
    hopeless: current && newest ? hopelessness(newest, pods, now) : undefined,
    pods,
  }
}

/** Nothing of the newest ReplicaSet can come up: its pods are refused, or every one of them is doomed. */
function hopelessness(newest: Of<"ReplicaSet">, pods: Of<"Pod">[], now: number): string | undefined {
  if (pods.length === 0) {
    return newest.status?.conditions.find(condition => condition.type === "ReplicaFailure" && condition.status === "True")?.message
  }
  const causes = pods.map(pod => doom(pod, now))
  return causes.every(cause => cause !== undefined) ? causes[0] : undefined
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
