import { describe, expect, test } from "vitest"

import { firstDoomed, makesRoom, PATIENT, podFailure, startLimits } from "../../../.dagger/src/status/pod.ts"
import { only } from "../../../.dagger/src/status/snapshot.ts"
import { ago, condition, event, NOW, pod, snapshotOf } from "./objects.ts"

const LIMITS = { startup: 10, restarts: 2 }

/** The kind of the failure of the first of these items, a pod. */
function kindOf(items: object[], limits = LIMITS): string | undefined {
  const snapshot = snapshotOf(...items)
  return podFailure(only(snapshot, "Pod")[0]!, snapshot, NOW, limits)?.kind
}

const container = (name: string, fields: object = {}) => ({ name, image: "r/web:1", ...fields })
const waiting = (reason: string, message = "") => ({ state: { waiting: { reason, message } } })
const ended = (seconds: number, fields: object = {}) => ({
  state: { terminated: { exitCode: 1, finishedAt: ago(seconds), ...fields } },
})
const restarted = (restartCount: number, seconds: number, fields: object = {}) => ({
  restartCount,
  state: { running: { startedAt: ago(seconds) } },
  lastState: { terminated: { exitCode: 1, finishedAt: ago(seconds), ...fields } },
})
const withContainers = (...containerStatuses: object[]) => pod("web", { status: { containerStatuses } })

describe("what a starting pod is granted", () => {
  test.each<["fail" | "warn", number]>([
    ["fail", 30],
    ["warn", Infinity],
  ])("with limits.startupAction: %s, it has %d s to become ready", (startupAction, startup) => {
    expect(startLimits({ startup: 30, startupAction, restarts: 1 } as never)).toEqual({ startup, restarts: 1 })
  })
})

describe("a pod that no node takes", () => {
  const node = (providerID?: string) => ({ kind: "Node", spec: { providerID } })
  const FIXED = node("k3s://a")
  const CLOUD = node("aws:///eu-west-1a/i-0a1b")
  const refused = (seconds: number, reason = "Unschedulable", status: object = {}) =>
    pod("web", {
      status: {
        phase: "Pending",
        conditions: [
          condition("PodReadyToStartContainers", "False", 300),
          condition("PodScheduled", "False", seconds, { reason, message: "0/1 nodes: Insufficient cpu" }),
        ],
        ...status,
      },
    })
  const leaving = pod("old", { metadata: { deletionTimestamp: ago(1) } })
  const declined = event("web", "NotTriggerScaleUp", "max node group size reached")

  test.each<[string, object[], boolean]>([
    ["where nodes are fixed, after 5 s not yet", [refused(5), FIXED], false],
    ["where nodes are fixed, after more than 5 s", [refused(5.001), FIXED], true],
    ["where a node of several can be ordered, not as early", [refused(50), FIXED, CLOUD], false],
    ["where nodes can be ordered, after 60 s not yet", [refused(60), CLOUD], false],
    ["where nodes can be ordered, after more than 60 s", [refused(60.001), CLOUD], true],
    ["where nodes may not be looked at, not as early", [refused(50)], false],
    ["where the autoscaler declines, as where nodes are fixed", [refused(5.001), CLOUD, declined], true],
    ["where the autoscaler only looks on, not as early", [refused(5.001), CLOUD, event("web", "Other", "")], false],
    ["where a pod ends and makes room, after 30 s not yet", [refused(30), FIXED, leaving], false],
    ["where a pod ends and makes room, after more than 30 s", [refused(30.001), FIXED, leaving], true],
    ["where a scheduling gate holds it, never", [refused(500, "SchedulingGated"), FIXED], false],
    ["where a node is cleared for it, not", [refused(500, "Unschedulable", { nominatedNodeName: "n" }), FIXED], false],
    ["where a node was ordered for it, not", [refused(500), CLOUD, event("web", "TriggeredScaleUp", "1->2")], false],
    [
      "where a node was ordered for it long ago, and nothing has changed, not",
      [refused(500), CLOUD, event("web", "TriggeredScaleUp", "1->2", { lastTimestamp: ago(400) })],
      false,
    ],
    [
      "where a node was ordered for another pod within 5 minutes, not",
      [refused(500), CLOUD, event("other", "TriggeredScaleUp", "1->2", { lastTimestamp: ago(299.999) })],
      false,
    ],
    [
      "where Karpenter has nominated a node for another pod, not",
      [refused(500), CLOUD, event("other", "Nominated", "Pod should schedule on: nodeclaim/a")],
      false,
    ],
    [
      "where a node was ordered for another pod 5 minutes ago",
      [refused(500), CLOUD, event("other", "TriggeredScaleUp", "1->2", { lastTimestamp: ago(300) })],
      true,
    ],
    ["where other events are about other pods", [refused(500), CLOUD, event("other", "Pulled", "")], true],
  ])("%s: fails: %s", (_, items, fails) => {
    expect(kindOf(items)).toBe(fails ? "Unschedulable" : undefined)
  })
})

describe("a pod makes room for another one", () => {
  const deployment = (name: string, availableReplicas: number) => ({
    kind: "Deployment",
    metadata: { name, uid: name },
    spec: {},
    status: { availableReplicas },
  })
  const set = { kind: "ReplicaSet", metadata: { name: "set", uid: "set" } }
  const owned = (name: string, fields: { status?: object } = {}) =>
    pod(name, { metadata: { ownerReferences: [{ uid: "set" }] }, ...fields })

  test.each<[string, object[], boolean]>([
    ["where it is being deleted", [pod("a", { metadata: { deletionTimestamp: ago(1) } })], true],
    ["where more pods are on nodes than are available", [set, deployment("a", 1), owned("a"), owned("b")], true],
    ["not where each is available", [set, deployment("a", 1), deployment("b", 1), owned("a"), owned("b")], false],
    ["not where the one too many is a Job's", [set, deployment("a", 1), owned("a"), pod("job")], false],
    [
      "not where the one too many has ended",
      [set, deployment("a", 1), owned("a"), owned("b", { status: { phase: "Failed" } })],
      false,
    ],
    [
      "not where the one too many has no node either",
      [set, deployment("a", 1), owned("a"), owned("b", { status: { conditions: [] } })],
      false,
    ],
  ])("%s", (_, items, expected) => {
    expect(makesRoom(snapshotOf(...items))).toBe(expected)
  })
})

describe("what a container waits for", () => {
  const MISSING = 'secret "app" not found'
  const young = (seconds: number, status: object) =>
    pod("web", { status: { conditions: [condition("PodScheduled", "True", seconds)], containerStatuses: [status] } })
  const pull = (image: string, count: number) =>
    event("web", "Failed", `Failed to pull image "${image}": dial tcp: connection refused`, { count })
  const AWAY = container("web", waiting("ImagePullBackOff", 'Back-off pulling image "r/web:1"'))

  test.each<[string, object[], string | undefined]>([
    ["an image that is being pulled", [withContainers(container("web", waiting("ContainerCreating")))], undefined],
    ["a registry that was away once", [withContainers(AWAY), pull("r/web:1", 1)], undefined],
    ["a registry that was away twice", [withContainers(AWAY), pull("r/web:1", 2)], "ImagePullFailed"],
    [
      "a registry that was away once for each of two images",
      [withContainers(AWAY), pull("r/web:1", 1), pull("r/proxy:1", 1)],
      undefined,
    ],
    [
      "an image that is not there",
      [withContainers(container("web", waiting("ErrImagePull", "r/web:1: not found")))],
      "ImageNotFound",
    ],
    ["a Secret, for 4 s", [young(4, container("web", waiting("CreateContainerConfigError", MISSING)))], undefined],
    [
      "a Secret, for more than 4 s",
      [young(4.001, container("web", waiting("CreateContainerConfigError", MISSING)))],
      "MissingObject",
    ],
    [
      "a configuration that no time fixes",
      [
        young(
          1,
          container(
            "web",
            waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root"),
          ),
        ),
      ],
      "RunsAsRoot",
    ],
    [
      "a configuration of an init container",
      [
        pod("web", {
          status: { initContainerStatuses: [container("wait", waiting("CreateContainerConfigError", MISSING))] },
        }),
      ],
      "MissingObject",
    ],
    [
      "a runtime that cannot create it",
      [withContainers(container("web", waiting("CreateContainerError", "no such file")))],
      "CannotStart",
    ],
    [
      "a runtime that is late",
      [withContainers(container("web", waiting("CreateContainerError", "context deadline exceeded")))],
      undefined,
    ],
  ])("%s", (_, items, expected) => {
    expect(kindOf(items)).toBe(expected)
  })
})

describe("a container that has ended", () => {
  test.each<[string, object[], string | undefined]>([
    ["once is started again", [withContainers(container("web", ended(1)))], undefined],
    ["as often as it may", [withContainers(container("web", { ...ended(1), restartCount: 1 }))], undefined],
    ["more often than it may", [withContainers(container("web", { ...ended(1), restartCount: 2 }))], "CrashLoop"],
    ["as often as it may, and runs", [withContainers(container("web", restarted(2, 5)))], undefined],
    ["more often than it may, and runs unready", [withContainers(container("web", restarted(3, 5)))], "CrashLoop"],
    [
      "more often than it may, and is ready",
      [withContainers(container("web", { ...restarted(3, 5), ready: true }))],
      undefined,
    ],
    ["10 minutes ago counts for nothing", [withContainers(container("web", restarted(3, 600)))], undefined],
    ["less than 10 minutes ago counts", [withContainers(container("web", restarted(3, 599.999)))], "CrashLoop"],
    [
      "for its memory may restart once",
      [withContainers(container("web", { ...ended(1, { reason: "OOMKilled", exitCode: 137 }) }))],
      undefined,
    ],
    [
      "for its memory twice will again",
      [withContainers(container("web", { ...ended(1, { reason: "OOMKilled", exitCode: 137 }), restartCount: 1 }))],
      "OutOfMemory",
    ],
    [
      "since its command does not exist, on containerd, fails at once",
      [withContainers(container("web", ended(1, { reason: "StartError", exitCode: 128 })))],
      "CannotStart",
    ],
    [
      "since its command does not exist, on Docker, fails at once",
      [withContainers(container("web", ended(1, { reason: "ContainerCannotRun", exitCode: 127 })))],
      "CannotStart",
    ],
    ["by a signal", [withContainers(container("web", { ...ended(1, { exitCode: 137 }), restartCount: 2 }))], "Killed"],
    [
      "with success",
      [withContainers(container("web", { ...ended(1, { exitCode: 0 }), restartCount: 2 }))],
      "Completed",
    ],
  ])("%s", (_, items, expected) => {
    expect(kindOf(items)).toBe(expected)
  })

  test("for its memory never restarts where no restart is allowed", () => {
    const items = [withContainers(container("web", ended(1, { reason: "OOMKilled", exitCode: 137 })))]
    expect(kindOf(items, { startup: 10, restarts: 0 })).toBe("OutOfMemory")
  })

  test.each<[string, object, string | undefined]>([
    ["is being created", waiting("ContainerCreating"), undefined],
    ["is not ready in less than 30 s", { state: { running: { startedAt: ago(30.999) } } }, undefined],
    [
      "is not ready in 30 s, perhaps since it waits itself",
      { state: { running: { startedAt: ago(31) } } },
      "CrashLoop",
    ],
    ["became ready less than 10 s before", { ready: true, state: { running: { startedAt: ago(10.999) } } }, undefined],
    ["was up for 10 s", { ready: true, state: { running: { startedAt: ago(11) } } }, "CrashLoop"],
    ["waits for something else", waiting("ImagePullBackOff", "timeout"), "CrashLoop"],
    ["restarts itself", { restartCount: 1, state: { running: { startedAt: ago(1) } } }, "CrashLoop"],
    ["has ended", ended(1, { exitCode: 0 }), "CrashLoop"],
  ])("is not counted while a sidecar that it may need is on its way: one that %s", (_, sidecar, expected) => {
    const own = container("web", { ...ended(1), restartCount: 2 })
    expect(kindOf([withContainers(own, container("proxy", sidecar))])).toBe(expected)
  })
})

describe("an init container", () => {
  const init = (...initContainerStatuses: object[]) => pod("web", { status: { initContainerStatuses } })
  test.each<[string, object, string | undefined]>([
    ["has done its work", ended(1, { exitCode: 0 }), undefined],
    ["fails again and again", { ...ended(1), restartCount: 3 }, "CrashLoop"],
  ])("%s", (_, status, expected) => {
    expect(kindOf([init(container("wait", status))])).toBe(expected)
  })
})

describe("a volume whose Secret does not exist", () => {
  const mount = (message: string, reason = "FailedMount") => event("web", reason, message)
  const NOT_FOUND = 'MountVolume.SetUp failed for volume "files": secret "app" not found'
  const creating = waiting("ContainerCreating")
  const withConditions = (seconds: number, mounted: "True" | "False", ...statuses: object[]) =>
    pod("web", {
      status: {
        conditions: [
          condition("PodReadyToStartContainers", mounted, seconds),
          condition("Initialized", "True", seconds),
          condition("PodScheduled", "True", seconds),
        ],
        containerStatuses: statuses,
      },
    })

  test.each<[string, object[], string | undefined]>([
    ["fails the pod", [withConditions(60, "False", container("web", creating)), mount(NOT_FOUND)], "MountFailed"],
    ["is given 4 s", [withConditions(4, "False", container("web", creating)), mount(NOT_FOUND)], undefined],
    ["was mounted in the end", [withConditions(60, "True", container("web", creating)), mount(NOT_FOUND)], undefined],
    [
      "was mounted, since a container runs, on a cluster before 1.29",
      [withContainers(container("web", creating), container("proxy", restarted(0, 1))), mount(NOT_FOUND)],
      undefined,
    ],
    [
      "was mounted, since a container has ended",
      [withContainers(container("web", creating), container("proxy", ended(1, { exitCode: 0 }))), mount(NOT_FOUND)],
      undefined,
    ],
    [
      "was mounted, since a container waits for its restart",
      [withContainers(container("web", { ...creating, restartCount: 1 })), mount(NOT_FOUND)],
      undefined,
    ],
    [
      "is told by an event of another reason",
      [withConditions(60, "False", container("web", creating)), mount(NOT_FOUND, "Failed")],
      undefined,
    ],
    [
      "is told before an event about what passes",
      [
        withConditions(60, "False", container("web", creating)),
        mount(NOT_FOUND),
        mount("failed to sync secret cache: timed out"),
      ],
      "MountFailed",
    ],
  ])("%s", (_, items, expected) => {
    expect(kindOf(items)).toBe(expected)
  })
})

test("where pods are only described, no start takes too long and no restart is one too many", () => {
  expect(kindOf([withContainers(container("web", { ...ended(1), restartCount: 99 }))], PATIENT)).toBeUndefined()
})

/** Long enough for what is missing, and for a pod without a node where there are only those that there are. */
const SINCE = ago(30)

/** Why a pod fails in these circumstances. */
function failureOf(status: object, events: object[] = []): string | undefined {
  const item = { kind: "Pod", metadata: { name: "backend-a", uid: "a", creationTimestamp: SINCE }, status }
  const node = { kind: "Node", spec: { providerID: "k3s://lab" } }
  const { items } = snapshotOf(item, node, ...events)
  return podFailure(items[0] as never, { items }, NOW, { startup: 10, restarts: 2 })?.kind
}

const scheduled = { type: "PodScheduled", status: "True", lastTransitionTime: SINCE }

describe("what the kubelet says of a container", () => {
  test.each([
    ["CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition", undefined],
    ["CreateContainerConfigError", "couldn't find key DSN in Secret shop/app-secrets", "MissingKey"],
    ["CreateContainerConfigError", "container has runAsNonRoot and image will run as root", "RunsAsRoot"],
    ["CreateContainerError", 'failed to reserve container name "a_b": name "a_b" is reserved for "0a1b"', undefined],
    [
      "CreateContainerError",
      'Error response from daemon: Conflict. The container name "/k8s_a" is already in use by container "0a1b". You have to remove (or rename) that container',
      undefined,
    ],
    ["CreateContainerError", "error reserving ctr name k8s_a for id 0a1b: name is reserved", undefined],
    ["CreateContainerError", "rpc error: code = DeadlineExceeded desc = stream terminated", undefined],
    ["CreateContainerError", "rpc error: code = Canceled desc = context canceled", undefined],
    ["RunContainerError", "rpc error: code = Unavailable desc = connection error", undefined],
    [
      "RunContainerError",
      "driver failed programming external connectivity: bind: address already in use",
      "CannotStart",
    ],
    ["RunContainerError", 'exec: "srever": executable file not found in $PATH', "CannotStart"],
    ["ErrImagePull", "pull QPS exceeded", undefined],
    ["ImagePullBackOff", 'Back-off pulling image "a": ErrImagePull: pull QPS exceeded', undefined],
    ["ErrImagePull", 'failed to resolve reference "a": unexpected status: 404 Not Found', "ImageNotFound"],
  ])("%s: %s → %s", (reason, message, expected) => {
    const status = {
      conditions: [scheduled],
      containerStatuses: [{ name: "backend", state: { waiting: { reason, message } } }],
    }
    expect(failureOf(status)).toBe(expected)
  })
})

describe("what the kubelet says of a volume", () => {
  test.each([
    ['MountVolume.SetUp failed for volume "s" : secret "app-secrets" not found', "MountFailed"],
    ['MountVolume.SetUp failed for volume "s" : references non-existent secret key: dsn', "MountFailed"],
    ['MountVolume.SetUp failed for volume "t" : failed to fetch token: serviceaccounts "b" not found', "MountFailed"],
    ['MountVolume.SetUp failed for volume "s" : object "shop"/"app-secrets" not registered', undefined],
    [
      'MountVolume.SetUp failed for volume "s" : kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name secrets-store.csi.k8s.io not found in the list of registered CSI drivers',
      undefined,
    ],
    [
      'MountVolume.SetUp failed for volume "s" : rpc error: code = Unknown desc = failed to mount secrets store objects for pod shop/a, err: error connecting to provider "azure": provider not found: provider "azure"',
      undefined,
    ],
    [
      'MountVolume.WaitForAttach failed for volume "pvc-1" : volumeattachments.storage.k8s.io "csi-1" not found',
      undefined,
    ],
  ])("%s → %s", (message, expected) => {
    const event = { kind: "Event", involvedObject: { name: "backend-a", uid: "a" }, reason: "FailedMount", message }
    const status = {
      conditions: [scheduled],
      containerStatuses: [{ name: "backend", state: { waiting: { reason: "ContainerCreating" } } }],
    }
    expect(failureOf(status, [event])).toBe(expected)
  })
})

describe("what the scheduler says after half a minute, where nobody orders nodes", () => {
  test.each([
    ["0/1 nodes are available: 1 Insufficient memory.", "Unschedulable"],
    ["0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.", undefined],
    ["0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.", undefined],
    ["0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.", undefined],
    ["0/1 nodes are available: 1 node(s) had untolerated taint {node.cilium.io/agent-not-ready: }.", undefined],
    [
      "0/1 nodes are available: 1 node(s) had untolerated taint {node.cloudprovider.kubernetes.io/uninitialized: true}.",
      undefined,
    ],
    ["0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}.", "Unschedulable"],
    ["0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.", "NodePressure"],
  ])("%s → %s", (message, expected) => {
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastTransitionTime: SINCE,
    }
    expect(failureOf({ conditions: [condition] })).toBe(expected)
  })
})

describe("the pod by which a part of a release fails", () => {
  const pod = (name: string, isDoomed: boolean, unreadySince: string) => ({
    kind: "Pod",
    metadata: { name, uid: name, creationTimestamp: unreadySince },
    status: {
      conditions: [
        { type: "PodScheduled", status: "True", lastTransitionTime: unreadySince },
        { type: "Ready", status: "False", lastTransitionTime: unreadySince },
      ],
      containerStatuses: [
        { name: "a", state: { waiting: isDoomed ? { reason: "InvalidImageName" } : { reason: "ContainerCreating" } } },
      ],
    },
  })
  const [NOW_ALMOST, LONG_AGO] = [ago(2), ago(70)]

  test.each<[string, object[], string | undefined]>([
    ["there is none", [], undefined],
    ["every one is doomed", [pod("db-1", true, NOW_ALMOST), pod("db-0", true, NOW_ALMOST)], "db-1"],
    ["one of two is, since a moment ago", [pod("db-1", false, NOW_ALMOST), pod("db-0", true, NOW_ALMOST)], undefined],
    ["one of two is, for more than a minute", [pod("db-1", false, LONG_AGO), pod("db-0", true, LONG_AGO)], "db-0"],
  ])("%s", (_, items, expected) => {
    const snapshot = snapshotOf(...items)
    const found = firstDoomed(snapshot.items as never, snapshot, NOW, { startup: 10, restarts: 2 })
    expect(found?.culprit.metadata.name).toBe(expected)
  })
})

describe("an image that could not be pulled", () => {
  const QPS = "pull QPS exceeded"
  const LIMITED = "429 Too Many Requests - Server message: toomanyrequests"
  const failed = (message: string, count: number) => [
    withContainers(container("web", waiting("ErrImagePull", message))),
    event("web", "Failed", `Failed to pull image "r/web:1": ${message}`, { count }),
  ]
  test.each<[string, object[], string | undefined]>([
    ["for the registry's limit once may be pulled next time", failed(LIMITED, 1), undefined],
    ["for the registry's limit twice will not soon", failed(LIMITED, 2), "ImagePullLimited"],
    ["for the kubelet's own limit is pulled later, however often", failed(QPS, 5), undefined],
  ])("%s", (_, items, expected) => {
    expect(kindOf(items)).toBe(expected)
  })
})

describe("the container that shows a pod's failure", () => {
  const crashing = (name: string) => container(name, { ...ended(1), restartCount: 3 })
  const template = { spec: { containers: [{ name: "web" }] } }
  const owner = (kind: string) => ({
    kind,
    metadata: { name: "owner", uid: "o" },
    spec: { template },
    status: { conditions: [] },
  })
  const [injectedFirst, ownFirst] = [
    ["agent", "web"],
    ["web", "agent"],
  ].map(names =>
    pod("a", { metadata: { ownerReferences: [{ uid: "o" }] }, status: { containerStatuses: names.map(crashing) } }),
  )

  test.each<[string, object[], string]>([
    ["is its own, before one that was injected", [injectedFirst!, owner("ReplicaSet")], "web"],
    ["is its own, in whatever order they are", [ownFirst!, owner("ReplicaSet")], "web"],
    ["is its own in a Job, too", [injectedFirst!, owner("Job")], "web"],
    ["is the first one, where it is not known which are its own", [injectedFirst!], "agent"],
  ])("%s", (_, items, expected) => {
    const snapshot = snapshotOf(...items)
    expect(podFailure(only(snapshot, "Pod")[0]!, snapshot, NOW, LIMITS)).toMatchObject({ container: expected })
  })
})
