import { z } from "zod"

import { timeOf } from "../util/time.js"
import { isFinalRefusal, refusal, type RolloutFailure, type WorkloadFailure } from "./failure.js"
import { firstDoomed, GRACE, hasEnded, isReady, podFailure, type StartLimits } from "./pod.js"
import { asksForMoreThanAll } from "./quota.js"
import { isOwnedBy, type Of, only, type Snapshot, Writers } from "./snapshot.js"
import { isAutoscaled, type LiveWorkload } from "./workload.js"

const metadata = z.object({ uid: z.string(), generation: z.number().default(0), managedFields: Writers })

const StatefulSet = z
  .object({
    metadata,
    spec: z.object({
      replicas: z.number().default(1),
      template: z.unknown().optional(),
      updateStrategy: z.object({
        type: z.string(),
        rollingUpdate: z.object({ partition: z.number().default(0) }).optional(),
      }),
    }),
    status: z.object({
      observedGeneration: z.number().default(0),
      updateRevision: z.string().optional(),
      updatedReplicas: z.number().default(0),
      readyReplicas: z.number().default(0),
    }),
  })
  .transform(({ metadata, spec, status }): SetState => ({
    live: { metadata, spec },
    observedGeneration: status.observedGeneration,
    strategy: spec.updateStrategy.type,
    wanted: spec.replicas,
    partition: spec.updateStrategy.rollingUpdate?.partition ?? 0,
    updated: status.updatedReplicas,
    ready: status.readyReplicas,
    revision: status.updateRevision,
  }))

const DaemonSet = z
  .object({
    metadata,
    spec: z.object({ template: z.unknown().optional(), updateStrategy: z.object({ type: z.string() }) }),
    status: z.object({
      observedGeneration: z.number().default(0),
      desiredNumberScheduled: z.number().default(0),
      updatedNumberScheduled: z.number().default(0),
      numberAvailable: z.number().default(0),
    }),
  })
  .transform(({ metadata, spec, status }): SetState => ({
    live: { metadata, spec },
    observedGeneration: status.observedGeneration,
    strategy: spec.updateStrategy.type,
    wanted: status.desiredNumberScheduled,
    partition: 0,
    updated: status.updatedNumberScheduled,
    ready: status.numberAvailable,
  }))

/** How the API server's answer about one of these kinds is read. */
export const SETS = {
  StatefulSet: { collection: "statefulsets", shape: StatefulSet },
  DaemonSet: { collection: "daemonsets", shape: DaemonSet },
} as const

/** How a StatefulSet or a DaemonSet stands. */
export interface SetState {
  live: LiveWorkload
  observedGeneration: number
  strategy: string
  wanted: number
  /** Of these, those that an update leaves as they are. */
  partition: number
  updated: number
  ready: number
  /** The revision that its pods are to be of, as their label says it; unset where that is not known. */
  revision?: string
}

/** What one look at the rollout of a set says. */
export interface SetRollout {
  /** One line for a person: where the rollout stands. */
  line: string
  /** As many pods as needed are of this release and ready. */
  complete: boolean
  /** Why it cannot succeed; unset while it may. */
  failure?: RolloutFailure
  /** The pod that shows the failure; unset if another object does. */
  culprit?: Of<"Pod">
  /** What is of no consequence for the verdict, but not as it is meant to be. */
  warning?: string
  /** The pods of this release. */
  pods: Of<"Pod">[]
  /** The pods that have to be deleted before it goes on. */
  obstacles: Of<"Pod">[]
}

/**
 * Where the rollout of one set stands, and whether it can succeed. Its release was applied at `since`, after the pods of
 * `before`; that and `now` are in milliseconds since 1970.
 */
export function readSetRollout(
  { kind, name }: { kind: string; name: string },
  state: SetState | undefined,
  snapshot: Snapshot,
  {
    before,
    since,
    now,
    limits,
    isRollback,
  }: { before: Snapshot; since: number; now: number; limits: StartLimits; isRollback: boolean },
): SetRollout {
  const read = readSet(state)
  if (!state) return { ...read, pods: [], obstacles: [] }
  const pods = newPods(snapshot, before, state.live.metadata.uid)
  const isDoomed = (pod: Of<"Pod">) => podFailure(pod, snapshot, now, limits) !== undefined
  return {
    ...read,
    ...(!read.complete &&
      (firstDoomed(pods, snapshot, now, limits) ?? { failure: refusedPods(state, snapshot, since, now) })),
    warning: emptiness({ kind, name }, state, snapshot),
    pods,
    obstacles: obstacles(kind, state, snapshot, { isRollback, isDoomed }),
  }
}

/** What one look at all the sets of a release leads to. */
export interface SetsDecision<Rollout> {
  /** Those that are not complete. */
  waitingFor: Rollout[]
  /** The pods that are deleted now; whatever they keep from going on is looked at once more. */
  obstacles: Of<"Pod">[]
  /** The first one that cannot succeed. */
  failed?: Rollout
  /** Nothing is left to wait for. */
  complete: boolean
}

/** What to do about the sets of a release, however they were read; a set is not done while a pod of it has to go. */
export function decideSets<Rollout extends Pick<SetRollout, "complete" | "failure" | "obstacles">>(
  rollouts: Rollout[],
): SetsDecision<Rollout> {
  const waitingFor = rollouts.filter(({ complete }) => !complete)
  const obstacles = rollouts.flatMap(rollout => rollout.obstacles)
  const failed = rollouts.find(({ failure }) => failure)
  return { waitingFor, obstacles, failed, complete: waitingFor.length + obstacles.length === 0 }
}

/** Whether its controller has seen the spec that it has now. */
function hasSeen(observedGeneration: number, { metadata }: LiveWorkload): boolean {
  return observedGeneration >= (metadata.generation ?? 0)
}

/** Where its rollout stands. Pods that are replaced only when somebody deletes them are not waited for. */
export function readSet(state: SetState | undefined): { line: string; complete: boolean } {
  if (!state) return { line: "not there yet", complete: false }
  const { live, observedGeneration, strategy, wanted, partition, updated, ready } = state
  const isCurrent = hasSeen(observedGeneration, live)
  if (strategy === "OnDelete")
    return { line: "its pods are replaced when they are deleted (OnDelete)", complete: isCurrent }
  const toUpdate = Math.max(wanted - partition, 0)
  return {
    line: `${updated}/${toUpdate} new, ${ready}/${wanted} ready`,
    complete: isCurrent && updated >= toUpdate && ready >= wanted,
  }
}

/** Why nothing of a set runs although its rollout is complete; what an autoscaler has scaled to nothing is as it is meant to be. */
function emptiness(
  { kind, name }: { kind: string; name: string },
  { live, observedGeneration, wanted }: SetState,
  snapshot: Snapshot,
): string | undefined {
  if (wanted > 0 || !hasSeen(observedGeneration, live) || isAutoscaled(snapshot, kind, name)) return undefined
  return kind === "StatefulSet"
    ? `it has 0 replicas, so nothing of it runs; to start it: kubectl scale statefulset/${name} --replicas=1, or set replicas in the manifest`
    : "no node is one that it is for (its nodeSelector, affinity and tolerations), so nothing of it runs"
}

/** The label that says which revision of a set a pod is of. */
const REVISION = "controller-revision-hash"

export const ControllerRevision = z.object({
  metadata: z.object({
    labels: z.record(z.string(), z.string()).default({}),
    ownerReferences: z.array(z.object({ uid: z.string() })).default([]),
  }),
  revision: z.number(),
})

/** The revision that the pods of a DaemonSet are to be of: its status does not say it. */
export function newestRevision(revisions: z.infer<typeof ControllerRevision>[], set: string): string | undefined {
  const [newest] = revisions.filter(item => isOwnedBy(item, set)).sort((a, b) => b.revision - a.revision)
  return newest?.metadata.labels[REVISION]
}

/**
 * The pods that keep a set from going on, and that its controller does not delete by itself: not ready, and
 * of another revision than the one that they are to be of. A StatefulSet waits until such a pod is ready, which one that is
 * broken never is. What is replaced only when it is deleted (OnDelete), only a rollback deletes.
 */
function obstacles(
  kind: string,
  { live, observedGeneration, strategy, partition, revision }: SetState,
  snapshot: Snapshot,
  { isRollback, isDoomed }: { isRollback: boolean; isDoomed: (pod: Of<"Pod">) => boolean },
): Of<"Pod">[] {
  const isStuck = kind === "StatefulSet" ? isRollback || strategy !== "OnDelete" : isRollback && strategy === "OnDelete"
  if (!revision || !hasSeen(observedGeneration, live) || !isStuck) return []
  return only(snapshot, "Pod").filter(
    pod =>
      isOwnedBy(pod, live.metadata.uid) &&
      !pod.metadata.deletionTimestamp &&
      pod.metadata.labels[REVISION] !== revision &&
      ordinalOf(pod) >= partition &&
      !isReady(pod) &&
      (isRollback || isDoomed(pod)),
  )
}

/** The number of a StatefulSet's pod; that of a DaemonSet has none. */
function ordinalOf({ metadata: { name } }: Of<"Pod">): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? Infinity)
}

/** The pods of a set that were not there before its release was applied; they may have the same names. */
function newPods(snapshot: Snapshot, before: Snapshot, set: string): Of<"Pod">[] {
  const old = only(before, "Pod").map(({ metadata }) => metadata.uid)
  return only(snapshot, "Pod").filter(pod => isOwnedBy(pod, set) && !old.includes(pod.metadata.uid))
}

/**
 * Why the API server creates no further pod of a set, which has no condition for it: its events since the release was applied
 * say so (`since`, and `now`, in milliseconds since 1970). What may be on its way is given time, as the share
 * of a quota that a pod leaves, unless one pod asks for more than all of it.
 */
function refusedPods(
  { live, observedGeneration, wanted }: SetState,
  snapshot: Snapshot,
  since: number,
  now: number,
): WorkloadFailure | undefined {
  // Its controller still tries what was applied before.
  if (!hasSeen(observedGeneration, live)) return undefined
  const { uid } = live.metadata
  const pods = only(snapshot, "Pod").filter(pod => isOwnedBy(pod, uid) && !hasEnded(pod))
  if (pods.length >= wanted) return undefined
  const newest = Math.max(since, ...pods.map(({ metadata }) => timeOf(metadata.creationTimestamp)))
  const [refused] = only(snapshot, "Event")
    .filter(({ involvedObject, reason }) => involvedObject.uid === uid && reason === "FailedCreate")
    .map(({ message, firstTimestamp, lastTimestamp }) => ({
      failure: refusal(message),
      from: Math.max(timeOf(firstTimestamp ?? lastTimestamp), newest),
      to: timeOf(lastTimestamp),
    }))
    .filter(({ to }) => to > newest)
    .sort((a, b) => a.from - b.from)
  if (!refused) return undefined
  const { failure } = refused
  const isFinal =
    failure.kind === "QuotaExceeded"
      ? asksForMoreThanAll(failure.message)
      : pods.length === 0 && isFinalRefusal(failure)
  return isFinal || now - refused.from > GRACE ? failure : undefined
}
