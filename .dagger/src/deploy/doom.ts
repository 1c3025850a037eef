import type { Of } from "./snapshot.js"

/** Milliseconds that what may heal by itself (a registry that is away, a node that is full) is given. */
const GRACE = 30_000

/** A pull that another try will not mend: no such image, or no right to it. */
const FINAL_PULL = /not found|manifest unknown|name unknown|unauthorized|authentication required|denied|forbidden/i

type ContainerStatus = Of<"Pod">["status"]["containerStatuses"][number]

/** Why a pod will not come up by itself; undefined while it may. `now` is in milliseconds since 1970. */
export function doom(pod: Of<"Pod">, now: number): string | undefined {
  const age = now - Date.parse(pod.metadata.creationTimestamp ?? new Date(now).toISOString())
  return unschedulable(pod, age) ?? [...pod.status.initContainerStatuses, ...pod.status.containerStatuses].map(status => stuck(status, age)).find(Boolean)
}

function unschedulable(pod: Of<"Pod">, age: number): string | undefined {
  const scheduled = pod.status.conditions.find(condition => condition.type === "PodScheduled")
  if (scheduled?.status !== "False" || scheduled.reason !== "Unschedulable" || age < GRACE) return undefined
  return `no node takes the pod: ${scheduled.message}`
}

function stuck(status: ContainerStatus, age: number): string | undefined {
  const { reason, message } = status.state.waiting ?? { reason: "", message: "" }
  switch (reason) {
    case "ErrImagePull":
    case "ImagePullBackOff":
      return FINAL_PULL.test(message) || age > GRACE ? `${status.name}: the image cannot be pulled: ${message}` : undefined
    case "InvalidImageName":
      return `${status.name}: the image's name is invalid: ${message}`
    case "CreateContainerConfigError":
      return /failed to sync .* cache/.test(message) ? undefined : `${status.name}: the container's configuration is incomplete: ${message}`
    case "CreateContainerError":
    case "RunContainerError":
      return `${status.name}: the container cannot be started: ${message}`
    case "CrashLoopBackOff":
      return `${status.name}: ${crash(status)}`
    default:
      return undefined
  }
}

function crash(status: ContainerStatus): string {
  const ended = status.lastState.terminated
  if (ended?.reason === "OOMKilled") return "killed for using more memory than its limit (OOMKilled)"
  return ended ? `ends again and again with exit code ${ended.exitCode}` : "ends again and again"
}
