import { describe, expect, test } from "vitest"

import {
  configFailure,
  containerOf,
  isByOther,
  isFinalRefusal,
  isPassing,
  mountFailure,
  pullFailure,
  refusal,
  type RolloutFailure,
  schedulingFailure,
} from "../../../.dagger/src/status/failure.ts"

describe("an image that the kubelet could not pull", () => {
  test.each([
    ["failed to authorize: 401 Unauthorized", "ImagePullDenied"],
    ["authentication required", "ImagePullDenied"],
    ["pull access denied, repository does not exist", "ImagePullDenied"],
    ["403 Forbidden", "ImagePullDenied"],
    [
      "429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit.",
      "ImagePullLimited",
    ],
    ["no basic auth credentials", "ImagePullDenied"],
    ["r/web:1: not found", "ImageNotFound"],
    ["manifest unknown", "ImageNotFound"],
    ["name unknown: repository web", "ImageNotFound"],
    ["dial tcp: connection refused", "ImagePullFailed"],
  ])("%s", (message, kind) => {
    expect(pullFailure(message)).toEqual({ kind, message })
  })
})

describe("a container that the kubelet cannot configure", () => {
  test.each<[string, object]>([
    ['secret "app" not found', { kind: "MissingObject", object: "Secret", name: "app" }],
    ['configmap "settings" not found', { kind: "MissingObject", object: "ConfigMap", name: "settings" }],
    ["couldn't find key DSN in Secret shop/app", { kind: "MissingKey", object: "Secret", name: "app", key: "DSN" }],
    [
      "couldn't find key MODE in ConfigMap shop/settings",
      { kind: "MissingKey", object: "ConfigMap", name: "settings", key: "MODE" },
    ],
    ["container has runAsNonRoot and image will run as root", { kind: "RunsAsRoot" }],
    ["references non-existent secret key: tls.crt", { kind: "InvalidConfiguration" }],
    ["failed to prepare subPath for volumeMount", { kind: "InvalidConfiguration" }],
  ])("%s", (message, failure) => {
    expect(configFailure(message)).toEqual({ ...failure, message })
  })
})

describe("a volume that the kubelet cannot mount", () => {
  test.each<[string, object | undefined]>([
    ['secret "app" not found', { missing: { object: "Secret", name: "app" } }],
    ["references non-existent secret key: tls.crt", { missing: { object: "volume", key: "tls.crt" } }],
    ["references non-existent config key: app.toml", { missing: { object: "volume", key: "app.toml" } }],
    ['failed to fetch token: serviceaccounts "web" not found', {}],
    ["driver name csi.example not found in the list of registered CSI drivers", undefined],
    ["timed out waiting for the condition", undefined],
  ])("%s", (message, failure) => {
    expect(mountFailure(message)).toEqual(failure && { kind: "MountFailed", message, ...failure })
  })
})

describe("a pod that the API server refuses to create", () => {
  test.each<[string, string, boolean]>([
    ['pods "a" is forbidden: exceeded quota: small', "QuotaExceeded", true],
    ['pods "a" is forbidden: violates PodSecurity "restricted:latest"', "PodSecurityViolated", true],
    ['pods "a" is forbidden: error looking up service account shop/web', "ServiceAccountMissing", false],
    ['Pod "a" is invalid: spec.containers[0].image: Required value', "PodRefused", true],
    ['admission webhook "policy" denied the request: forbidden', "PodRefused", true],
    ["Internal error occurred: failed calling webhook: connection refused", "PodRefused", false],
  ])("%s", (message, kind, isFinal) => {
    expect(refusal(message)).toEqual({ kind, message })
    expect(isFinalRefusal(refusal(message))).toBe(isFinal)
  })

  test("what was changed by somebody else was refused by nobody", () => {
    expect(isFinalRefusal({ kind: "DeletedByOther" })).toBe(false)
  })
})

describe("a pod that the scheduler has no node for", () => {
  test.each<[string, object]>([
    ["0/1 nodes are available: 1 Insufficient cpu.", { kind: "Unschedulable" }],
    [
      "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }",
      { kind: "Unschedulable" },
    ],
    ...(["disk", "memory", "pid"] as const).map((pressure): [string, object] => [
      `0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/${pressure}-pressure: }`,
      { kind: "NodePressure", pressure },
    ]),
    [
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
      { kind: "HostPortTaken" },
    ],
    ["0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", { kind: "Unschedulable" }],
  ])("%s", (message, failure) => {
    expect(schedulingFailure(message)).toEqual({ ...failure, message })
  })
})

describe("what the kubelet will do by itself later", () => {
  test.each([
    ["failed to sync secret cache: timed out waiting for the condition", true],
    ["services have not yet been read at least once, cannot construct envvars", true],
    ['name "k8s_web" is reserved for "0a1b"', true],
    ['object "shop"/"app" not registered', true],
    ["context deadline exceeded", true],
    ["operation timed out", true],
    ["rpc error: code = Unavailable desc = connection error", true],
    ['secret "app" not found', false],
  ])("%s", (message, expected) => {
    expect(isPassing(message)).toBe(expected)
  })
})

describe("a failure", () => {
  const OTHER: RolloutFailure = { kind: "OtherImage", pod: "web-1", container: "web", init: false, image: "web:2" }
  test.each<[RolloutFailure, boolean, string | undefined]>([
    [{ kind: "ChangedByOther", by: "kubectl", changes: [] }, true, undefined],
    [{ kind: "DeletedByOther" }, true, undefined],
    [OTHER, true, "web"],
    [{ kind: "OutOfMemory", container: "web", init: false }, false, "web"],
    [{ kind: "DeadlineExceeded", message: "" }, false, undefined],
  ])("%j is somebody else's doing: %s, and shows in the container %s", (failure, byOther, container) => {
    expect(isByOther(failure)).toBe(byOther)
    expect(containerOf(failure)).toBe(container)
  })
})
