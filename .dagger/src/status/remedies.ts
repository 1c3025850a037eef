import { excerpt } from "../util/printable.js"
import type { Missing, RolloutFailure } from "./failure.js"

type Kind = RolloutFailure["kind"]
/** The failures of one kind; a variant of the union may stand for several. */
type Of<K extends Kind> = RolloutFailure extends infer F
  ? F extends { kind: infer L }
    ? K extends L
      ? F & { kind: K }
      : never
    : never
  : never

interface Wording<K extends Kind> {
  /** The failure in one line. */
  text: (failure: Of<K>) => string
  /** What to do about it. */
  remedy: (failure: Of<K>, namespace: string) => string
}

/** Every kind of failure as a person reads it. */
const FAILURES: { [K in Kind]: Wording<K> } = {
  ImageNotFound: {
    text: ({ message }) => `the image cannot be pulled: ${message}`,
    remedy: () => "check that the image was pushed to this registry under this name",
  },
  ImagePullDenied: {
    text: ({ message }) => `the image cannot be pulled: ${message}`,
    remedy: () => "give the pods' service account an imagePullSecret that the registry accepts",
  },
  ImagePullLimited: {
    text: ({ message }) => `the image cannot be pulled: ${message}`,
    remedy: () =>
      "the registry's pull limit is used up: pull with an account (imagePullSecrets; of the monitor, monitor.imagePullSecrets), or from a mirror (of the monitor, images.k6), or wait until the limit has passed",
  },
  ImagePullFailed: {
    text: ({ message }) => `the image cannot be pulled: ${message}`,
    remedy: () => "check that the registry is up and that the cluster's nodes reach it",
  },
  InvalidImageName: {
    text: ({ message }) => `the image name is invalid: ${message}`,
    remedy: () => "fix the image name in the manifests",
  },
  MissingObject: {
    text: ({ message }) => `the container's configuration is incomplete: ${message}`,
    remedy: (failure, namespace) => addMissing(failure, namespace),
  },
  MissingKey: {
    text: ({ message }) => `the container's configuration is incomplete: ${message}`,
    remedy: (failure, namespace) => addMissing(failure, namespace),
  },
  RunsAsRoot: {
    text: ({ message }) => `the container's configuration is invalid: ${message}`,
    remedy: () => "set USER in the Dockerfile, or runAsUser in the manifests, to a user other than root",
  },
  InvalidConfiguration: {
    text: ({ message }) => `the container's configuration is invalid: ${message}`,
    remedy: () => "fix what the message names in the container's manifest",
  },
  CannotStart: {
    text: ({ message }) => `the container cannot be started: ${message}`,
    remedy: () => "fix the command or the mounts that the message names",
  },
  OutOfMemory: {
    text: () => "killed for using more memory than its limit (OOMKilled)",
    remedy: () => "raise resources.limits.memory, or make the application use less",
  },
  Killed: {
    text: () => "killed again and again (exit code 137, SIGKILL), and not for its memory",
    remedy: () => "look in the log and the events for what sent the signal: the kernel, the kubelet or the application",
  },
  Completed: {
    text: () => "ends again and again with exit code 0 (Completed)",
    remedy: () => "run the server in the foreground, so that the command does not end",
  },
  CrashLoop: {
    text: ({ exitCode }) => `ends again and again${exitCode === undefined ? "" : ` with exit code ${exitCode}`}`,
    remedy: () =>
      "fix what the log names; a wrong value in a Secret or in the configuration shows there too, for example a password that the database refuses",
  },
  ProbeFailed: {
    text: ({ probe, allowed, answer }) =>
      `its ${probe} probe has failed for more than the ${allowed} s that it allows${withAnswer(answer)}`,
    remedy: ({ probe }) => PROBES[probe],
  },
  NeverReady: {
    text: ({ allowed, answer }) =>
      `its readiness probe has not succeeded within the ${allowed} s of limits.startup${withAnswer(answer)}`,
    remedy: () => `${PROBES.readiness}; an application that needs longer to start needs a higher limits.startup`,
  },
  KilledByProbe: {
    text: ({ probe, answer }) => `its ${probe} probe fails, so that the kubelet restarts it${withAnswer(answer)}`,
    remedy: ({ probe }) => PROBES[probe],
  },
  Unschedulable: {
    text: ({ message }) => `no node takes the pod: ${message}`,
    remedy: () => "lower resources.requests, or give the cluster more room",
  },
  NodePressure: {
    text: ({ message }) => `no node takes the pod: ${message}`,
    remedy: ({ pressure }) => `${PRESSURES[pressure]}, or add nodes; the kubelet lifts the taint some minutes later`,
  },
  HostPortTaken: {
    text: ({ message }) => `no node takes the pod: ${message}`,
    remedy: () =>
      "remove the hostPort, which one pod of a node can have, or let the old pod stop first (strategy: Recreate, or maxSurge: 0)",
  },
  SidecarRuns: {
    text: ({ exitCode, sidecar }) =>
      `ended with exit code ${exitCode}, but the container ${sidecar}, which is not in the Job's manifest, does not end, and keeps the Job from ending`,
    remedy: ({ exitCode }) =>
      `${exitCode === 0 ? "" : "fix what the log names, and "}exclude the Job's pods from the injection (a mesh and Dapr have a label or an annotation for it, as sidecar.istio.io/inject: "false" or dapr.io/enabled: "false"), or have the sidecar injected as a native one`,
  },
  MountFailed: {
    text: ({ message }) => `a volume cannot be mounted: ${message}`,
    remedy: ({ missing }, namespace) =>
      missing ? addMissing(missing, namespace) : "fix what the message names in the pod's volumes",
  },
  QuotaExceeded: {
    text: ({ message }) => `no pod can be created: ${message}`,
    remedy: () => "lower the replicas or resources.requests and limits, or have the namespace's ResourceQuota raised",
  },
  PodSecurityViolated: {
    text: ({ message }) => `no pod can be created: ${message}`,
    remedy: () => "set the securityContext fields that the message names",
  },
  ServiceAccountMissing: {
    text: ({ message }) => `no pod can be created: ${message}`,
    remedy: () => "add the ServiceAccount to the manifests",
  },
  PodRefused: {
    text: ({ message }) => `no pod can be created: ${message}`,
    remedy: () => "fix what the message names in the pod's template",
  },
  DeadlineExceeded: {
    text: ({ message }) => `its pods did not become ready in time: ${message}`,
    remedy: () =>
      "look at the pods' log and events for what keeps them from being ready, or raise progressDeadlineSeconds",
  },
  ChangedByOther: {
    text: ({ by, changes }) => `${by} changed it after it was applied: ${changes.join("; ")}`,
    remedy: () =>
      "let nobody else change it while this module deploys it (a GitOps controller: stop its sync of this object), or put the change into the manifests",
  },
  DeletedByOther: {
    text: () => "somebody else deleted it after it was applied",
    remedy: (_, namespace) =>
      `find out who deletes it (kubectl --namespace=${namespace} get events, or the cluster's audit log)`,
  },
  OtherImage: {
    text: ({ pod, image }) => `somebody else set another image in its pod ${pod}: ${image}`,
    remedy: () => "change images by a deployment only, and look for a webhook or an operator that changes them in pods",
  },
}

const PRESSURES = {
  disk: "free disk space on the cluster's nodes (images and logs that nothing needs)",
  memory: "free memory on the cluster's nodes (pods without limits.memory)",
  pid: "end processes on the cluster's nodes (what starts processes without end)",
}

const PROBES = {
  startup: "fix what keeps the application from starting (see the log), or give the startupProbe more time",
  readiness:
    "fix what keeps the application from answering its readiness probe (see the log, and what it depends on), or fix the probe",
  liveness: "fix what keeps the application from answering its liveness probe, or fix the probe",
}

function withAnswer(answer: string | undefined): string {
  return answer ? `: ${answer}` : ""
}

function addMissing({ object, name, key }: Missing, namespace: string): string {
  if (object === "volume") return `add the key ${key} to what the volume mounts, or remove it from the volume's items`
  if (key !== undefined)
    return `add the key ${key} to the ${object} ${name}${object === "Secret" ? " (a line of the file that --secrets names)" : ""}`
  return object === "Secret"
    ? `create it with the keys that the manifests refer to: kubectl --namespace=${namespace} create secret generic ${name} --from-env-file=FILE`
    : `add the ConfigMap ${name} to the manifests`
}

/** A failure in one line, with the container that shows it. */
export function describeFailure(failure: RolloutFailure): string {
  const text = excerpt(wordingOf(failure.kind).text(failure))
  if (!("container" in failure)) return text
  return `${failure.init ? "init container " : ""}${failure.container}: ${text}`
}

/** What to do about a failure. */
export function remedyFor(failure: RolloutFailure, namespace: string): string {
  return `${wordingOf(failure.kind).remedy(failure, namespace)}, and deploy again`
}

/** The compiler does not follow that a failure and the wording of its kind belong together. */
function wordingOf(kind: Kind): Wording<Kind> {
  return FAILURES[kind] as Wording<Kind>
}
