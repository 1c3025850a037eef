import { z } from "zod"

import { isOwnedBy, type Of, only, type Snapshot, Writers } from "./snapshot.js"
import type { LiveWorkload } from "./workload.js"

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
}

/** Where its rollout stands. Pods that are replaced only when somebody deletes them are not waited for. */
export function readSet(state: SetState | undefined): { line: string; complete: boolean } {
  if (!state) return { line: "not there yet", complete: false }
  const { live, observedGeneration, strategy, wanted, partition, updated, ready } = state
  const isCurrent = observedGeneration >= (live.metadata.generation ?? 0)
  if (strategy === "OnDelete")
    return { line: "its pods are replaced when they are deleted (OnDelete)", complete: isCurrent }
  const toUpdate = Math.max(wanted - partition, 0)
  return {
    line: `${updated}/${toUpdate} new, ${ready}/${wanted} ready`,
    complete: isCurrent && updated >= toUpdate && ready >= wanted,
  }
}

/** The pods of a set that were not there before its release was applied; they may have the same names. */
export function newPods(snapshot: Snapshot, before: Snapshot, set: string): Of<"Pod">[] {
  const old = only(before, "Pod").map(({ metadata }) => metadata.uid)
  return only(snapshot, "Pod").filter(pod => isOwnedBy(pod, set) && !old.includes(pod.metadata.uid))
}
