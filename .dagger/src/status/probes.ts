import { timeOf } from "../util/time.js"
import type { Cause } from "./failure.js"
import type { ContainerStatus, Of, Probe } from "./snapshot.js"

/** Milliseconds that a readiness probe is given, however little its own fields allow: what it asks for may just be coming. */
const LEAST = 6_000
/** Milliseconds by which the kubelet may be late with a probe, and its clock may differ from this one. */
const SLACK = 2_000

type Events = Of<"Event">[]

/**
 * Why a running container is not going to be ready, by its own probes; undefined while they leave it time. One that was
 * never ready is given `limit` seconds at least: how often its readiness probe may fail says nothing of a start.
 */
export function failedProbe(
  pod: Of<"Pod">,
  status: ContainerStatus,
  events: Events,
  now: number,
  limit: number,
): Cause | undefined {
  if (status.ready) return undefined
  const container = [...pod.spec.containers, ...pod.spec.initContainers].find(({ name }) => name === status.name)
  const killed = killedByProbe(status.name, events)
  const startedAt = timeOf(status.state.running?.startedAt)
  if (killed || !container || Number.isNaN(startedAt)) return killed
  const { startupProbe, readinessProbe } = container
  const mayStart = startupProbe ? initial(startupProbe) + budget(startupProbe) : 0
  if (startupProbe && !status.started)
    return now - startedAt > mayStart + SLACK ? late("startup", mayStart, status.name, events) : undefined
  if (!readinessProbe) return undefined
  const failures = answers("readiness", status.name, events)
    .map(event => timeOf(event.firstTimestamp))
    .filter(time => time >= startedAt)
  const unreadySince = timeOf(pod.status.conditions.find(({ type }) => type === "Ready")?.lastTransitionTime) || 0
  const wasReady = unreadySince > startedAt
  if (!wasReady && !startupProbe) {
    const allowed = Math.max(limit * 1000, initial(readinessProbe) + attempt(readinessProbe))
    return now - startedAt > allowed + SLACK
      ? { kind: "NeverReady", allowed: allowed / 1000, ...lastAnswer("readiness", status.name, events) }
      : undefined
  }
  if (!wasReady && now - startedAt <= limit * 1000) return undefined
  const since = Math.max(
    failures.length > 0 ? Math.min(...failures) : startedAt + mayStart + initial(readinessProbe),
    unreadySince,
  )
  // The kubelet tells of a failure once the probe's own time-out is over.
  const allowed = Math.max(budget(readinessProbe) - readinessProbe.periodSeconds * 1000, LEAST)
  return now - since > allowed ? late("readiness", allowed, status.name, events) : undefined
}

/** What the kubelet says of a container that it ended since a probe failed. */
export function killedByProbe(container: string, events: Events): Cause | undefined {
  const probe = events
    .map(event => /^Container (\S+) failed (startup|liveness) probe/.exec(event.message))
    .find(match => match?.[1] === container)?.[2] as "startup" | "liveness" | undefined
  return probe && { kind: "KilledByProbe", probe, ...lastAnswer(probe, container, events) }
}

function late(probe: "startup" | "readiness", allowed: number, container: string, events: Events): Cause {
  return { kind: "ProbeFailed", probe, allowed: allowed / 1000, ...lastAnswer(probe, container, events) }
}

/** What the kubelet got when it probed last, as "HTTP probe failed with statuscode: 500". */
function lastAnswer(probe: string, container: string, events: Events): { answer?: string } {
  const last = answers(probe, container, events)
    .sort((a, b) => timeOf(a.lastTimestamp) - timeOf(b.lastTimestamp))
    .at(-1)
  return last ? { answer: last.message.slice(`${probe} probe failed: `.length).trim() } : {}
}

/** The kubelet's events about a probe; one that names no container may be of this one. */
function answers(probe: string, container: string, events: Events): Events {
  return events.filter(
    ({ message, involvedObject: { fieldPath } }) =>
      message.toLowerCase().startsWith(`${probe} probe failed: `) &&
      (fieldPath === "" || fieldPath.endsWith(`{${container}}`)),
  )
}

function initial(probe: Probe): number {
  return probe.initialDelaySeconds * 1000
}

/** Milliseconds for one attempt of a probe, and the time until it. */
function attempt(probe: Probe): number {
  return (probe.periodSeconds + probe.timeoutSeconds) * 1000
}

/** Milliseconds that a probe may fail one after the other. */
function budget(probe: Probe): number {
  return (probe.periodSeconds * probe.failureThreshold + probe.timeoutSeconds) * 1000
}
