import { expect, test } from "vitest"

import type { RolloutFailure } from "../../../.dagger/src/status/failure.ts"
import { describeFailure, remedyFor } from "../../../.dagger/src/status/remedies.ts"

const container = { container: "backend", init: false }
const message = "what the kubelet says"

/** An example of each kind, with a part of its text and of its remedy (^ its begin, $ its end); a kind without one does not compile. */
const EXAMPLES: { [K in RolloutFailure["kind"]]: [RolloutFailure & { kind: K }, string, string][] } = {
  ImageNotFound: [[{ kind: "ImageNotFound", message, ...container }, "cannot be pulled: what", "was pushed"]],
  ImagePullLimited: [[{ kind: "ImagePullLimited", message, ...container }, "cannot be pulled: what", "pull limit"]],
  ImagePullDenied: [[{ kind: "ImagePullDenied", message, ...container }, "cannot be pulled: what", "imagePullSecret"]],
  ImagePullFailed: [[{ kind: "ImagePullFailed", message, ...container }, "cannot be pulled: what", "registry is up"]],
  InvalidImageName: [[{ kind: "InvalidImageName", message, ...container }, "name is invalid: what", "image name"]],
  MissingObject: [
    [
      { kind: "MissingObject", object: "Secret", name: "app-secrets", message, ...container },
      "configuration is incomplete: what",
      "kubectl --namespace=shop create secret generic app-secrets --from-env-file=FILE",
    ],
    [
      { kind: "MissingObject", object: "ConfigMap", name: "settings", message, ...container },
      "configuration is incomplete: what",
      "add the ConfigMap settings to the manifests",
    ],
  ],
  MissingKey: [
    [
      { kind: "MissingKey", object: "Secret", name: "app-secrets", key: "DSN", message, ...container },
      "configuration is incomplete: what",
      "add the key DSN to the Secret app-secrets (a line of the file that --secrets names)",
    ],
    [
      { kind: "MissingKey", object: "ConfigMap", name: "settings", key: "DSN", message, ...container },
      "configuration is incomplete: what",
      "add the key DSN to the ConfigMap settings, and",
    ],
  ],
  RunsAsRoot: [[{ kind: "RunsAsRoot", message, ...container }, "configuration is invalid: what", "runAsUser"]],
  InvalidConfiguration: [
    [{ kind: "InvalidConfiguration", message, ...container }, "configuration is invalid: what", "container's manifest"],
  ],
  CannotStart: [[{ kind: "CannotStart", message, ...container }, "cannot be started: what", "the command"]],
  OutOfMemory: [[{ kind: "OutOfMemory", ...container }, "OOMKilled", "resources.limits.memory"]],
  Killed: [[{ kind: "Killed", ...container }, "exit code 137", "what sent the signal"]],
  Completed: [[{ kind: "Completed", ...container }, "exit code 0", "in the foreground"]],
  CrashLoop: [
    [{ kind: "CrashLoop", exitCode: 3, ...container }, "backend: ends again and again with exit code 3", "the log"],
    [{ kind: "CrashLoop", ...container }, "backend: ends again and again$", "the log"],
    [
      { kind: "CrashLoop", exitCode: 3, container: "wait", init: true },
      "init container wait: ends again and again with exit code 3",
      "the log",
    ],
  ],
  ProbeFailed: [
    [
      { kind: "ProbeFailed", probe: "readiness", allowed: 6, answer: "status 500", ...container },
      "readiness probe has failed for more than the 6 s that it allows: status 500",
      "answering its readiness probe",
    ],
    [
      { kind: "ProbeFailed", probe: "startup", allowed: 30, ...container },
      "startup probe has failed for more than the 30 s that it allows$",
      "give the startupProbe more time",
    ],
  ],
  NeverReady: [
    [
      { kind: "NeverReady", allowed: 10, answer: "status 503", ...container },
      "has not succeeded within the 10 s of limits.startup: status 503",
      "a higher limits.startup",
    ],
  ],
  NodePressure: [
    [{ kind: "NodePressure", pressure: "disk", message }, "no node takes the pod: what", "free disk space"],
    [{ kind: "NodePressure", pressure: "memory", message }, "no node takes the pod: what", "free memory"],
    [{ kind: "NodePressure", pressure: "pid", message }, "no node takes the pod: what", "end processes"],
  ],
  HostPortTaken: [[{ kind: "HostPortTaken", message }, "no node takes the pod: what", "maxSurge: 0"]],
  SidecarRuns: [
    [
      { kind: "SidecarRuns", container: "migration", init: false, exitCode: 3, sidecar: "proxy" },
      "migration: ended with exit code 3, but the container proxy",
      "fix what the log names, and exclude the Job's pods from the injection",
    ],
    [
      { kind: "SidecarRuns", container: "migration", init: false, exitCode: 0, sidecar: "proxy" },
      "^migration: ended with exit code 0",
      "^exclude the Job's pods from the injection",
    ],
  ],
  KilledByProbe: [
    [
      { kind: "KilledByProbe", probe: "liveness", ...container },
      "liveness probe fails",
      "answering its liveness probe",
    ],
  ],
  Unschedulable: [[{ kind: "Unschedulable", message }, "^no node takes the pod: what", "resources.requests"]],
  MountFailed: [
    [
      { kind: "MountFailed", message, missing: { object: "ConfigMap", name: "settings" } },
      "cannot be mounted: what",
      "add the ConfigMap settings",
    ],
    [
      { kind: "MountFailed", message, missing: { object: "volume", key: "tls.crt" } },
      "cannot be mounted: what",
      "add the key tls.crt to what the volume mounts",
    ],
    [{ kind: "MountFailed", message }, "cannot be mounted: what", "the pod's volumes"],
  ],
  QuotaExceeded: [[{ kind: "QuotaExceeded", message }, "no pod can be created: what", "ResourceQuota"]],
  PodSecurityViolated: [[{ kind: "PodSecurityViolated", message }, "no pod can be created: what", "securityContext"]],
  ServiceAccountMissing: [
    [{ kind: "ServiceAccountMissing", message }, "no pod can be created: what", "ServiceAccount"],
  ],
  PodRefused: [[{ kind: "PodRefused", message }, "no pod can be created: what", "pod's template"]],
  ChangedByOther: [
    [
      {
        kind: "ChangedByOther",
        by: "kubectl-set (Update, 2026-11-24T16:45:00Z)",
        changes: ["spec.paused: true", "spec.replicas: 2 → 1"],
      },
      "kubectl-set (Update, 2026-11-24T16:45:00Z) changed it after it was applied: spec.paused: true; spec.replicas: 2 → 1$",
      "let nobody else change it",
    ],
  ],
  DeletedByOther: [[{ kind: "DeletedByOther" }, "somebody else deleted it", "kubectl --namespace=shop get events"]],
  OtherImage: [
    [
      { kind: "OtherImage", pod: "web-1", container: "web", init: false, image: "web:2" },
      "web: somebody else set another image in its pod web-1: web:2",
      "by a deployment only",
    ],
  ],
  DeadlineExceeded: [[{ kind: "DeadlineExceeded", message }, "in time: what", "progressDeadlineSeconds"]],
}

function pattern(part: string): RegExp {
  const [, start, text, end] = /^(\^?)(.*?)(\$?)$/.exec(part)!
  return new RegExp(start! + text!.replace(/[()[\]{}.?*+|\\]/g, "\\$&") + end!)
}

test.each<[RolloutFailure, string, string]>(Object.values(EXAMPLES).flat())("%j", (failure, text, remedy) => {
  expect(describeFailure(failure)).toMatch(pattern(text))
  expect(remedyFor(failure, "shop")).toMatch(pattern(remedy))
  expect(remedyFor(failure, "shop")).toMatch(/, and deploy again$/)
})
