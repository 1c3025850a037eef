import { describe, expect, test } from "vitest"

import { podNotRestricted } from "../../../../.dagger/src/manifests/rules/pod-security.ts"
import { problemsOf } from "./problems.ts"

const SAFE_POD = { securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } } }
const SAFE = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } }

type Fields = Record<string, unknown>

/** What is said of a pod with one container, each with some fields of its own. */
function said(pod: Fields, container: Fields = {}) {
  const spec = { ...SAFE_POD, ...pod, containers: [{ name: "main", image: "a", securityContext: SAFE, ...container }] }
  return problemsOf(podNotRestricted, JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec }))
}
const violating = (whose: string, words: string) => ({
  code: "POD_NOT_RESTRICTED",
  what: `Pod p${whose} violates the restricted pod security standard: ${words}`,
  fix: "fix securityContext; a namespace that enforces the standard refuses the pod",
})

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted */
describe("podNotRestricted, of a pod", () => {
  const VOLUMES = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
  ]
  const volume = (type: string) => {
    const fields: Record<string, Fields> = {
      projected: { sources: [] },
      secret: { secretName: "s" },
      configMap: { name: "c" },
    }
    return { volumes: [{ name: "v", [type]: fields[type] ?? {} }] }
  }
  test.each<[string, Fields]>([
    ["no volumes", {}],
    ...VOLUMES.map((type): [string, Fields] => [`a volume of type ${type}`, volume(type)]),
    ["nothing of the host, said outright", { hostNetwork: false, hostPID: false, hostIPC: false }],
  ])("passes: %s", (_, pod) => {
    expect(said(pod)).toEqual([])
  })

  const HOST = "hostNetwork, hostPID and hostIPC must not be set"
  test.each<[string, Fields]>([
    [HOST, { hostNetwork: true }],
    [HOST, { hostPID: true }],
    [HOST, { hostIPC: true }],
    ["volumes must be of the allowed types", volume("hostPath")],
    ["volumes must be of the allowed types", { volumes: [...volume("nfs").volumes, ...volume("emptyDir").volumes] }],
  ])("fails: %s: %j", (words, pod) => {
    expect(said(pod)).toEqual([{ ...violating("", words), at: '"spec":{"securityContext":{"runAsNonRoot":true' }])
  })
})

describe("podNotRestricted, of a container", () => {
  const context = (fields: Fields) => ({ securityContext: { ...SAFE, ...fields } })
  const pod = (fields: Fields) => ({ securityContext: { ...SAFE_POD.securityContext, ...fields } })
  const capabilities = (fields: Fields) => context({ capabilities: { drop: ["ALL"], ...fields } })

  test.each<[string, Fields, Fields?]>([
    ["not privileged, said outright", {}, context({ privileged: false })],
    ["capabilities: all dropped, and more said", {}, capabilities({ drop: ["NET_RAW", "ALL"] })],
    ["capabilities: ports below 1024", {}, capabilities({ add: ["NET_BIND_SERVICE"] })],
    [
      "the container's user, where the pod says none",
      { securityContext: {} },
      context({ runAsNonRoot: true, seccompProfile: { type: "Localhost" } }),
    ],
    ["the container's user before the pod's", pod({ runAsNonRoot: false }), context({ runAsNonRoot: true })],
    ["a user by number, of the pod or the container", pod({ runAsUser: 0 }), context({ runAsUser: 10001 })],
    [
      "the container's seccomp before the pod's",
      pod({ seccompProfile: { type: "Unconfined" } }),
      context({ seccompProfile: { type: "RuntimeDefault" } }),
    ],
    ["ports, none of the host", {}, { ports: [{ containerPort: 8000 }, { containerPort: 9000, hostPort: 0 }] }],
  ])("passes: %s", (_, ofPod, container) => {
    expect(said(ofPod, container)).toEqual([])
  })

  const ESCALATION = "allowPrivilegeEscalation must be false"
  const DROP = 'capabilities.drop must include "ALL"'
  const ADD = 'capabilities.add may hold "NET_BIND_SERVICE" only'
  const NON_ROOT = "runAsNonRoot must be true"
  const USER = "runAsUser must not be 0"
  const SECCOMP = 'seccompProfile.type must be "RuntimeDefault" or "Localhost"'
  test.each<[string, Fields, Fields?]>([
    ["privileged must not be true", {}, context({ privileged: true })],
    [ESCALATION, {}, context({ allowPrivilegeEscalation: true })],
    [ESCALATION, {}, { securityContext: { capabilities: SAFE.capabilities } }],
    [DROP, {}, context({ capabilities: undefined })],
    [DROP, {}, capabilities({ drop: undefined })],
    [DROP, {}, capabilities({ drop: ["NET_RAW"] })],
    [ADD, {}, capabilities({ add: ["SYS_ADMIN"] })],
    [ADD, {}, capabilities({ add: ["NET_BIND_SERVICE", "SYS_ADMIN"] })],
    [NON_ROOT, pod({ runAsNonRoot: undefined })],
    [NON_ROOT, pod({ runAsNonRoot: false })],
    [NON_ROOT, {}, context({ runAsNonRoot: false })],
    [USER, pod({ runAsUser: 0 })],
    [USER, pod({ runAsUser: 10001 }), context({ runAsUser: 0 })],
    [SECCOMP, pod({ seccompProfile: undefined })],
    [SECCOMP, pod({ seccompProfile: { type: "Unconfined" } })],
    [SECCOMP, {}, context({ seccompProfile: { type: "Unconfined" } })],
    [`${NON_ROOT}; ${SECCOMP}`, { securityContext: undefined }],
    [`${ESCALATION}; ${DROP}`, {}, { securityContext: undefined }],
    ["hostPort must not be set", {}, { ports: [{ containerPort: 9000 }, { containerPort: 8000, hostPort: 8000 }] }],
  ])("fails: %s: %j %j", (words, ofPod, container) => {
    expect(said(ofPod, container)).toEqual([{ ...violating(": container main", words), at: '{"name":"main"' }])
  })

  test("fails: an init container, and what is not restricted of the pod too", () => {
    const found = said({ hostPID: true, initContainers: [{ name: "prepare", image: "b" }] })
    expect(found.map(({ what }) => what.split(" violates")[0])).toEqual(["Pod p", "Pod p: container prepare"])
  })

  test("passes: what makes no pods", () => {
    expect(problemsOf(podNotRestricted, "{ apiVersion: v1, kind: ConfigMap, metadata: { name: c } }")).toEqual([])
  })
})
