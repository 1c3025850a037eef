import { z } from "zod"

import type { Workload } from "../manifests/render.js"
import { doomOfAll } from "./doom.js"
import { describePod } from "./evidence.js"
import { rolloutFailed } from "./hopeless.js"
import type { Kubectl } from "./kubectl.js"
import { observe } from "./observe.js"
import type { Plan } from "./plan.js"
import { isOwnedBy, only, type Of, type Snapshot } from "./snapshot.js"
import { waitUntil } from "./wait.js"

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

/** Wait until every StatefulSet and DaemonSet runs this release; throws as soon as one cannot, or `signal` says so. */
export async function watchSets(
  kubectl: Kubectl,
  sets: Workload[],
  plan: Plan,
  before: Snapshot,
  signal: AbortSignal,
): Promise<void> {
  if (sets.length === 0) return
  const names = sets.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`)
  const lines = new Map<string, string>()
  const ask = async () => {
    const snapshot = await observe(kubectl)
    const now = await kubectl.now()
    const states = await Promise.all(
      sets.map(({ kind, name }) => kubectl.get([kind.toLowerCase(), name], templateOf(kind), SetState)),
    )
    const read = states.map(state => readSet(state!))
    for (const [index, name] of names.entries()) {
      const { line } = read[index]!
      if (lines.get(name) !== line) console.log(`rollout: ${name}: ${line}`)
      lines.set(name, line)
      const pods = newPods(snapshot, before, states[index]!.uid)
      const cause = read[index]!.complete ? undefined : doomOfAll(pods, snapshot, now)
      const [pod] = pods
      if (cause && pod)
        throw await rolloutFailed(kubectl, plan, {
          workload: name,
          cause,
          state: describePod(pod).join("\n"),
          pod,
          object: name,
        })
    }
    return read.every(({ complete }) => complete) || undefined
  }
  await waitUntil(`the rollout of ${names.join(" and ")}`, plan.timeout, ask, {
    state: () => [...lines].map(([name, line]) => `${name}: ${line}`).join("\n"),
    signal,
  })
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

function templateOf(kind: string): string {
  const numbers = {
    generation: ".metadata.generation",
    observedGeneration: ".status.observedGeneration",
    ...FIELDS[kind],
  }
  const fields = Object.entries(numbers).map(([name, path]) => `,"${name}":{{or ${path} 0}}`)
  return `go-template={"uid":"{{.metadata.uid}}","strategy":"{{.spec.updateStrategy.type}}"${fields.join("")}}`
}
