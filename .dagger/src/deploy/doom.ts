import { only, type Of, type Snapshot } from "./snapshot.js"

/** Milliseconds that what may heal by itself (a registry that is away, a node that is full) is given. */
export const GRACE = 30_000

/** A pull that another try will not mend: no such image, or no right to it. */
const FINAL_PULL = /not found|manifest unknown|name unknown|unauthorized|authentication required|denied|forbidden/i

type ContainerStatus = Of<"Pod">["status"]["containerStatuses"][number]
type Events = Of<"Event">[]

/** Why none of these pods will come up by itself; undefined while one may, and where there is none. */
export function doomOfAll(pods: Of<"Pod">[], snapshot: Snapshot, now: number): string | undefined {
  const eventsOf = (pod: Of<"Pod">) => only(snapshot, "Event").filter(event => event.involvedObject.name === pod.metadata.name)
  const causes = pods.map(pod => doom(pod, eventsOf(pod), now))
  return causes.every(cause => cause !== undefined) ? causes[0] : undefined
}

/** Why a pod will not come up by itself; undefined while it may. Takes the pod's own events; `now` is in milliseconds since 1970. */
export function doom(pod: Of<"Pod">, events: Events, now: number): string | undefined {
  const scheduled = pod.status.conditions.find(condition => condition.type === "PodScheduled")
  const since = Date.parse(scheduled?.lastTransitionTime ?? pod.metadata.creationTimestamp ?? "")
  const late = now - since > GRACE
  if (scheduled?.status === "False") return late ? unschedulable(scheduled, events) : undefined
  const statuses = [...pod.status.initContainerStatuses, ...pod.status.containerStatuses]
  return statuses.map(status => stuck(status, events, late)).find(Boolean) ?? (late ? unmounted(events) : undefined)
}

/** A cluster that is adding a node says so in an event, and then takes minutes rather than seconds. */
function unschedulable(scheduled: { reason?: string; message?: string }, events: Events): string | undefined {
  const nodeIsComing = events.some(event => event.reason === "TriggeredScaleUp" || event.reason === "Nominated")
  return scheduled.reason === "Unschedulable" && !nodeIsComing ? `no node takes the pod: ${scheduled.message}` : undefined
}

function stuck(status: ContainerStatus, events: Events, late: boolean): string | undefined {
  const { reason, message } = status.state.waiting ?? { reason: "", message: "" }
  switch (reason) {
    case "ErrImagePull":
    case "ImagePullBackOff":
      return late || FINAL_PULL.test(message) ? `${status.name}: the image cannot be pulled: ${message}` : undefined
    case "InvalidImageName":
      return `${status.name}: the image's name is invalid: ${message}`
    case "CreateContainerConfigError":
      return /failed to sync .* cache/.test(message) ? undefined : `${status.name}: the container's configuration is incomplete: ${message}`
    case "CreateContainerError":
    case "RunContainerError":
      return `${status.name}: the container cannot be started: ${message}`
    case "CrashLoopBackOff":
      return `${status.name}: ${crash(status, events)}`
    default:
      return undefined
  }
}

function crash(status: ContainerStatus, events: Events): string {
  const ended = status.lastState.terminated
  if (ended?.reason === "OOMKilled") return "killed for using more memory than its limit (OOMKilled)"
  const probe = events.map(event => /^Container (\S+) failed (startup|liveness) probe/.exec(event.message)).find(match => match?.[1] === status.name)?.[2]
  if (probe) return [`restarted again and again, since its ${probe} probe fails`, probeAnswer(probe, events)].filter(Boolean).join(": ")
  return ended ? `ends again and again with exit code ${ended.exitCode}` : "ends again and again"
}

/** What the kubelet got when it probed last, as "Liveness probe failed: HTTP probe failed with statuscode: 500". */
function probeAnswer(probe: string, events: Events): string | undefined {
  const prefix = `${probe} probe failed: `
  return events.findLast(event => event.message.toLowerCase().startsWith(prefix))?.message.slice(prefix.length).trim()
}

/** A volume whose ConfigMap or Secret, or key of one, does not exist; the container then waits without a reason of its own. */
function unmounted(events: Events): string | undefined {
  const failed = events.findLast(event => event.reason === "FailedMount" && /not found|non-existent/.test(event.message))
  return failed && `a volume cannot be mounted: ${failed.message}`
}
