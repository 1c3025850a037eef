import { describe, expect, test } from "vitest"

import { firstDoomed, podFailure } from "../../../.dagger/src/status/pod.ts"
import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"

const NOW = Date.parse("2026-01-01T00:01:00Z")
/** Long enough for what is missing, and for a pod without a node where there are only those that there are. */
const SINCE = "2026-01-01T00:00:30Z"

/** Why a pod fails in these circumstances. */
function failureOf(status: object, events: object[] = []): string | undefined {
  const pod = { kind: "Pod", metadata: { name: "backend-a", uid: "a", creationTimestamp: SINCE }, status }
  const node = { kind: "Node", spec: { providerID: "k3s://lab" } }
  const { items } = Snapshot.parse({ items: [pod, node, ...events] })
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
  const [NOW_ALMOST, LONG_AGO] = ["2026-01-01T00:00:58Z", "2025-12-31T23:59:50Z"]

  test.each<[string, object[], string | undefined]>([
    ["there is none", [], undefined],
    ["every one is doomed", [pod("db-1", true, NOW_ALMOST), pod("db-0", true, NOW_ALMOST)], "db-1"],
    ["one of two is, since a moment ago", [pod("db-1", false, NOW_ALMOST), pod("db-0", true, NOW_ALMOST)], undefined],
    ["one of two is, for more than a minute", [pod("db-1", false, LONG_AGO), pod("db-0", true, LONG_AGO)], "db-0"],
  ])("%s", (_, items, expected) => {
    const snapshot = Snapshot.parse({ items })
    const found = firstDoomed(snapshot.items as never, snapshot, NOW, { startup: 10, restarts: 2 })
    expect(found?.culprit.metadata.name).toBe(expected)
  })
})
