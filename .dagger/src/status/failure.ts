/** Why a container does not come up. */
type ContainerFailure =
  | {
      kind: "ImageNotFound" | "ImagePullDenied" | "ImagePullLimited" | "ImagePullFailed" | "InvalidImageName"
      message: string
    }
  | { kind: "MissingObject"; object: "Secret" | "ConfigMap"; name: string; message: string }
  | { kind: "MissingKey"; object: "Secret" | "ConfigMap"; name: string; key: string; message: string }
  | { kind: "RunsAsRoot" | "InvalidConfiguration" | "CannotStart"; message: string }
  | { kind: "OutOfMemory" | "Killed" | "Completed" }
  | { kind: "CrashLoop"; exitCode?: number }
  | { kind: "ProbeFailed"; probe: Probe; /** Seconds. */ allowed: number; /** What the kubelet got. */ answer?: string }
  | { kind: "NeverReady"; /** Seconds. */ allowed: number; answer?: string }
  | { kind: "KilledByProbe"; probe: Probe; answer?: string }

type Probe = "startup" | "readiness" | "liveness"

/** What a node is short of, as its taint calls it. */
export type Pressure = "disk" | "memory" | "pid"

/** Why a pod does not come up; `container` names the one that shows it. */
export type PodFailure =
  | (ContainerFailure & { container: string; init: boolean })
  | { kind: "Unschedulable" | "HostPortTaken"; message: string }
  | { kind: "NodePressure"; pressure: Pressure; message: string }
  | { kind: "MountFailed"; message: string; missing?: Missing }

/** Why no pod can be created, or why Kubernetes gave up on those that were. */
export type WorkloadFailure =
  | { kind: "QuotaExceeded" | "PodSecurityViolated" | "ServiceAccountMissing" | "PodRefused"; message: string }
  | { kind: "DeadlineExceeded"; message: string }
  | { kind: "ChangedByOther"; by: string; changes: string[] }
  | { kind: "DeletedByOther" }
  | { kind: "OtherImage"; pod: string; container: string; init: false; image: string }
  | SidecarRuns

/** The containers of a Job's own have ended, and another one of its pod keeps the pod from ending. */
export interface SidecarRuns {
  kind: "SidecarRuns"
  /** The one that failed, if one did. */
  container: string
  init: false
  exitCode: number
  sidecar: string
}

/** Why a rollout cannot succeed. */
export type RolloutFailure = PodFailure | WorkloadFailure

/** A Secret or a ConfigMap, or a key of one, that does not exist; a volume's message does not say whose key it is. */
export type Missing =
  { object: "Secret" | "ConfigMap"; name: string; key?: string } | { object: "volume"; key: string; name?: undefined }

/** A failure of a container, before it is said of which one. */
export type Cause = ContainerFailure

/** The container that shows a failure; undefined where none does. */
export function containerOf(failure: RolloutFailure): string | undefined {
  return "container" in failure ? failure.container : undefined
}

/** Reads the kubelet's message about an image that it could not pull. Another attempt helps only where the registry failed. */
export function pullFailure(message: string): Cause {
  if (/toomanyrequests|too many requests|pull rate limit/i.test(message)) return { kind: "ImagePullLimited", message }
  if (/unauthorized|authentication required|denied|forbidden|no basic auth credentials/i.test(message))
    return { kind: "ImagePullDenied", message }
  if (/not found|manifest unknown|name unknown/i.test(message)) return { kind: "ImageNotFound", message }
  return { kind: "ImagePullFailed", message }
}

/** Reads the kubelet's message about a container that it cannot configure. */
export function configFailure(message: string): Cause {
  const missing = missingIn(message)
  if (missing && missing.object !== "volume")
    return missing.key === undefined
      ? { kind: "MissingObject", object: missing.object, name: missing.name, message }
      : { kind: "MissingKey", object: missing.object, name: missing.name, key: missing.key, message }
  return { kind: /run as root/.test(message) ? "RunsAsRoot" : "InvalidConfiguration", message }
}

/** Reads the kubelet's message about a volume; undefined where it may still be mounted. */
export function mountFailure(message: string): PodFailure | undefined {
  const missing = missingIn(message)
  const isFinal = missing !== undefined || (/not found/.test(message) && !isPassing(message))
  return isFinal ? { kind: "MountFailed", message, missing } : undefined
}

/** What a message of the kubelet's says does not exist. */
function missingIn(message: string): Missing | undefined {
  const key = /couldn't find key (\S+) in (Secret|ConfigMap) [^\s/]+\/(\S+)/.exec(message)
  if (key) return { object: key[2] as "Secret" | "ConfigMap", name: key[3]!, key: key[1]! }
  const item = /references non-existent (?:secret|config) key: (\S+)/.exec(message)
  if (item) return { object: "volume", key: item[1]! }
  const object = /(secret|configmap) "([^"]+)" not found/.exec(message)
  return object ? { object: object[1] === "secret" ? "Secret" : "ConfigMap", name: object[2]! } : undefined
}

/** Reads the API server's message about a pod that it refuses to create. */
export function refusal(message: string): WorkloadFailure {
  if (message.includes("exceeded quota")) return { kind: "QuotaExceeded", message }
  if (message.includes("violates PodSecurity")) return { kind: "PodSecurityViolated", message }
  if (message.includes("error looking up service account")) return { kind: "ServiceAccountMissing", message }
  return { kind: "PodRefused", message }
}

/** Whether what runs is no longer what was applied, by somebody else's doing. */
export function isByOther({ kind }: RolloutFailure): boolean {
  return kind === "ChangedByOther" || kind === "DeletedByOther" || kind === "OtherImage"
}

/** What the API server says of a pod while its own plugins are late: they begin, or count a quota that has just come. */
const NOT_YET = /not yet ready to handle request|status unknown for quota/

/** Whether another attempt does not help a pod that the API server refuses. */
export function isFinalRefusal(failure: WorkloadFailure): boolean {
  return (
    "message" in failure &&
    failure.kind !== "ServiceAccountMissing" &&
    /forbidden|invalid/.test(failure.message) &&
    !NOT_YET.test(failure.message)
  )
}

/** What the scheduler says while a volume is being made, or a node comes up. */
const COMING =
  /unbound immediate PersistentVolumeClaims|node\.kubernetes\.io\/(not-ready|unreachable|network-unavailable)|uninitialized|agent-not-ready/

/** Whether what a pod has no node for is on its way. */
export function isComing(message: string): boolean {
  return COMING.test(message)
}

/** Reads the scheduler's message about a pod that it has no node for. */
export function schedulingFailure(message: string): PodFailure {
  if (message.includes("Insufficient")) return { kind: "Unschedulable", message }
  const pressure = /node\.kubernetes\.io\/(disk|memory|pid)-pressure/.exec(message)?.[1] as Pressure | undefined
  if (pressure) return { kind: "NodePressure", pressure, message }
  const isPort = message.includes("free ports for the requested pod ports")
  return { kind: isPort ? "HostPortTaken" : "Unschedulable", message }
}

/** What the kubelet says of a container while something of its own, or of its node, is late: it tries again by itself. */
const PASSING = new RegExp(
  [
    "failed to sync .* cache|not yet been read at least once|not registered",
    'name (?:"[^"]*" )?is (?:reserved|already in use)',
    "deadline ?exceeded|timed out|context canceled|code = (?:Unavailable|Canceled)",
    // What a new node runs for its pods' volumes comes up after the node itself.
    'not found in the list of registered CSI drivers|provider not found|volumeattachments\\S* "[^"]*" not found',
  ].join("|"),
  "i",
)

/** Whether what the kubelet could not do will succeed by itself. */
export function isPassing(message: string): boolean {
  return PASSING.test(message)
}
