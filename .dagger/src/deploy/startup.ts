import { only, type Of, type Snapshot } from "./snapshot.js"

/** How long one pod took from being scheduled to being ready, in seconds. */
export interface PodStart {
  deployment: string
  pod: string
  seconds: number
  /** Of these, seconds spent on pulling images; 0 where they were there already. */
  pulling: number
}

/** Undefined while the pod is not ready, as one that an autoscaler has just added. */
export function readStart(deployment: string, pod: Of<"Pod">, snapshot: Snapshot): PodStart | undefined {
  const at = (type: string) => Date.parse(pod.status.conditions.find(item => item.type === type && item.status === "True")?.lastTransitionTime ?? "")
  const seconds = (at("Ready") - at("PodScheduled")) / 1000
  if (Number.isNaN(seconds)) return undefined
  return {
    deployment,
    pod: pod.metadata.name,
    seconds,
    pulling: only(snapshot, "Event")
      .filter(event => event.involvedObject.name === pod.metadata.name && event.reason === "Pulled")
      .reduce((total, event) => total + pullSeconds(event.message), 0),
  }
}

/** 'Successfully pulled image "…" in 1.2s (1.5s including waiting). …' → 1.5; an image that was there: 0. */
function pullSeconds(message: string): number {
  const match = /\((?:(\d+)m)?([\d.]+)(ms|s) including waiting\)/.exec(message)
  if (!match) return 0
  return Number(match[1] ?? 0) * 60 + Number(match[2]) / (match[3] === "ms" ? 1000 : 1)
}
