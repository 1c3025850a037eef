import { z } from "zod"

import { isOwnedBy, type Of, only, type Snapshot } from "./snapshot.js"

/** How a StatefulSet or a DaemonSet stands. */
export const SetState = z.object({
  uid: z.string(),
  generation: z.number(),
  observedGeneration: z.number(),
  strategy: z.string(),
  wanted: z.number(),
  /** Of these, those that an update leaves as they are. */
  partition: z.number(),
  updated: z.number(),
  ready: z.number(),
})
export type SetState = z.infer<typeof SetState>

const FIELDS: Record<string, Record<"wanted" | "partition" | "updated" | "ready", string>> = {
  StatefulSet: {
    wanted: ".spec.replicas",
    partition: "(and .spec.updateStrategy.rollingUpdate .spec.updateStrategy.rollingUpdate.partition)",
    updated: ".status.updatedReplicas",
    ready: ".status.readyReplicas",
  },
  DaemonSet: {
    wanted: ".status.desiredNumberScheduled",
    partition: "0",
    updated: ".status.updatedNumberScheduled",
    ready: ".status.numberAvailable",
  },
}

/** Where its rollout stands. Pods that are replaced only when somebody deletes them are not waited for. */
export function readSet({ generation, observedGeneration, strategy, wanted, partition, updated, ready }: SetState): {
  line: string
  complete: boolean
} {
  const isCurrent = observedGeneration >= generation
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

/** The output of `kubectl get` that has the state of a set. */
export function templateOf(kind: string): string {
  const numbers = {
    generation: ".metadata.generation",
    observedGeneration: ".status.observedGeneration",
    ...FIELDS[kind],
  }
  const fields = Object.entries(numbers).map(([name, path]) => `,"${name}":{{or ${path} 0}}`)
  return `go-template={"uid":"{{.metadata.uid}}","strategy":"{{.spec.updateStrategy.type}}"${fields.join("")}}`
}
