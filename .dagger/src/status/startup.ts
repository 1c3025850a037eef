import { CloudNativeError } from "../util/errors.js"
import { timeOf } from "../util/time.js"
import type { Outages } from "./outages.js"
import { eventsOf, type Of, only, type Snapshot } from "./snapshot.js"

/**
 * How long one pod took from being scheduled to being ready, in seconds; of one that restarted, from its last start. An
 * outage of the API server does not count.
 */
export interface PodStart {
  deployment: string
  pod: string
  seconds: number
  /** Of these, seconds spent on pulling images; 0 where they were there already. */
  pulling: number
  /** Of these, seconds by which it may have been shorter: a probe notices late, and Kubernetes dates to whole seconds. */
  margin: number
}

/** Seconds by which the difference of two of the cluster's dates may be too large. */
const PRECISION = 1

/** The starts of a release's pods, each counted when it is ready for the first time. */
export class Starts {
  private readonly starts = new Map<string, PodStart>()

  /** The pods of `before` have started with an earlier one. */
  constructor(private readonly before: Snapshot) {}

  record(deployment: string, pods: Of<"Pod">[], snapshot: Snapshot, outages: Outages): void {
    for (const pod of pods) {
      const { uid } = pod.metadata
      if (this.starts.has(uid) || only(this.before, "Pod").some(({ metadata }) => metadata.uid === uid)) continue
      const start = readStart(deployment, pod, snapshot, outages)
      if (start) this.starts.set(uid, start)
    }
  }

  all(): PodStart[] {
    return [...this.starts.values()]
  }
}

/** Undefined while the pod is not ready, as one that an autoscaler has just added. */
export function readStart(
  deployment: string,
  pod: Of<"Pod">,
  snapshot: Snapshot,
  outages: Outages,
): PodStart | undefined {
  const at = (type: string) =>
    timeOf(pod.status.conditions.find(item => item.type === type && item.status === "True")?.lastTransitionTime)
  const restarts = pod.status.containerStatuses
    .filter(({ restartCount }) => restartCount > 0)
    .map(({ state }) => timeOf(state.running?.startedAt) || 0)
  const [begun, ready] = [Math.max(at("PodScheduled"), ...restarts), at("Ready")]
  const seconds = (ready - begun - outages.within(begun, ready)) / 1000
  if (Number.isNaN(seconds)) return undefined
  return {
    deployment,
    pod: pod.metadata.name,
    seconds,
    pulling: eventsOf(pod, snapshot).reduce((total, { message }) => total + pullSeconds(message), 0),
    margin: PRECISION + Math.max(0, ...pod.spec.containers.map(periodOf)),
  }
}

/** Seconds between two probes of a container's start; the kubelet asks for readiness at once after a startup probe. */
function periodOf({ startupProbe, readinessProbe }: Of<"Pod">["spec"]["containers"][number]): number {
  return (startupProbe ?? readinessProbe)?.periodSeconds ?? 0
}

/** 'Successfully pulled image "…" in 1.2s (1.5s including waiting). …' → 1.5; an image that was there: 0. */
function pullSeconds(message: string): number {
  const match = /\((?:(\d+)m)?([\d.]+)(ms|s) including waiting\)/.exec(message)
  if (!match) return 0
  return Number(match[1] ?? 0) * 60 + Number(match[2]) / (match[3] === "ms" ? 1000 : 1)
}

/** Throw where the pods of an application took longer to start, on average, than they may. */
export function assertStarted(starts: readonly PodStart[], limit: number): void {
  const slow = averageStarts(starts)
    .filter(({ least }) => least >= limit)
    .map(
      ({ deployment, seconds, least }) =>
        `${deployment}: ${seconds.toFixed(1)} s on average, limit ${limit} s (${least.toFixed(1)} s at least, without pulls and the probe's period)`,
    )
  if (slow.length === 0) return
  throw new CloudNativeError({
    code: "STARTUP_TOO_SLOW",
    blame: "user",
    what: "pods took too long from being scheduled to being ready",
    why: slow.join("\n"),
    fix: "look at what the application does at its start; limits.startup sets the limit, limits.startupAction: warn lets it pass",
  })
}

/** The starts of an application's pods, on average. */
interface AverageStart {
  deployment: string
  /** From scheduled to ready. */
  seconds: number
  /** What the application needed at least: without pulls, and without what may be the measurement's. The limit is for this. */
  least: number
}

/** By application. */
export function averageStarts(starts: readonly PodStart[]): AverageStart[] {
  return [...new Set(starts.map(({ deployment }) => deployment))].map(deployment => {
    const own = starts.filter(start => start.deployment === deployment)
    const average = (of: (start: PodStart) => number) => own.reduce((total, start) => total + of(start), 0) / own.length
    return {
      deployment,
      seconds: average(({ seconds }) => seconds),
      least: average(({ seconds, pulling, margin }) => Math.max(0, seconds - pulling - margin)),
    }
  })
}
