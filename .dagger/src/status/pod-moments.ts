import { kubectlName } from "../kubernetes/object-ref.js"
import type { Workload } from "../manifests/render.js"
import { timeOf } from "../util/time.js"
import { hasEnded } from "./pod.js"
import { isOwnedBy, type Of, only, type Snapshot } from "./snapshot.js"

/** The moments of one pod, in ISO 8601 by the cluster's clock, as far as it has reached them. */
export interface PodMoments {
  /** As kubectl calls it: statefulset/queue; of a Deployment, its name alone. */
  workload: string
  pod: string
  created?: string
  scheduled?: string
  /** The first of its containers ran. */
  started?: string
  ready?: string
  /** It was asked to end. */
  terminating?: string
  /** Missed for the first time, or seen to have ended as a whole. */
  gone?: string
}

/** Pods whose moments are kept: a report has to fit into a ConfigMap. */
const KEPT_AT_MOST = 200

/** The moments of the pods of a release's workloads, collected look by look. */
export class PodRecorder {
  private readonly pods = new Map<string, PodMoments>()
  private readonly omittedPods = new Set<string>()

  /** `now` is in milliseconds since 1970, by the cluster's clock. A pod that is known stays so, whatever the workloads. */
  record(workloads: Workload[], snapshot: Snapshot, now: number): void {
    const pods = only(snapshot, "Pod")
    for (const pod of pods) {
      const known = this.pods.get(pod.metadata.uid) ?? this.discover(workloads, pod, snapshot)
      if (!known) continue
      note(known, momentsOf(pod))
      if (hasEnded(pod)) note(known, { gone: iso(now) })
    }
    const there = new Set(pods.map(({ metadata }) => metadata.uid))
    for (const [uid, known] of this.pods) if (!there.has(uid)) note(known, { gone: iso(now) })
  }

  get all(): PodMoments[] {
    return [...this.pods.values()].map(pod => ({ ...pod }))
  }

  /** How many pods were seen whose moments were not kept. */
  get omitted(): number {
    return this.omittedPods.size
  }

  /** A pod that has ended when it is first seen, as one that was evicted long ago, has no part in it. */
  private discover(workloads: Workload[], pod: Of<"Pod">, snapshot: Snapshot): PodMoments | undefined {
    const { name, uid } = pod.metadata
    const workload = workloads.find(({ kind, name }) => isOf(pod, kind, name, snapshot))
    if (!workload || hasEnded(pod)) return undefined
    if (this.pods.size >= KEPT_AT_MOST) {
      this.omittedPods.add(uid)
      return undefined
    }
    const moments = { workload: workload.kind === "Deployment" ? workload.name : kubectlName(workload), pod: name }
    this.pods.set(uid, moments)
    return moments
  }
}

function isOf({ metadata }: Of<"Pod">, kind: string, name: string, snapshot: Snapshot): boolean {
  const isOwner = (owner: { kind: string; name: string }) => owner.kind === kind && owner.name === name
  if (metadata.ownerReferences.some(isOwner)) return true
  return only(snapshot, "ReplicaSet").some(
    set => isOwnedBy({ metadata }, set.metadata.uid) && set.metadata.ownerReferences.some(isOwner),
  )
}

function momentsOf({ metadata, status }: Of<"Pod">): Partial<PodMoments> {
  const since = (type: string) =>
    timeOf(status.conditions.find(item => item.type === type && item.status === "True")?.lastTransitionTime)
  const starts = status.containerStatuses
    .flatMap(({ state, lastState }) => [state.running, state.terminated, lastState.terminated])
    .map(state => timeOf(state?.startedAt))
    .filter(at => !Number.isNaN(at))
  return {
    created: iso(timeOf(metadata.creationTimestamp)),
    scheduled: iso(since("PodScheduled")),
    started: iso(Math.min(...starts)),
    ready: iso(since("Ready")),
    terminating: iso(timeOf(metadata.deletionTimestamp) - metadata.deletionGracePeriodSeconds * 1000),
  }
}

/** The first date of each moment stays: a pod that restarts becomes ready anew. */
function note(known: PodMoments, found: Partial<PodMoments>): void {
  for (const [moment, at] of Object.entries(found)) known[moment as keyof PodMoments] ??= at
}

function iso(milliseconds: number): string | undefined {
  return Number.isFinite(milliseconds) ? new Date(milliseconds).toISOString() : undefined
}
