import { describe, expect, test } from "vitest"

import { readRollout } from "../../../.dagger/src/status/deployment.ts"
import {
  describeJob,
  describeNodes,
  describePod,
  describePulls,
  describeState,
  failingContainer,
} from "../../../.dagger/src/status/describe.ts"
import { PATIENT } from "../../../.dagger/src/status/pod.ts"
import { only, Snapshot } from "../../../.dagger/src/status/snapshot.ts"

const NOW = Date.parse("2026-01-01T00:01:00Z")
const pod = (status: object) => ({ kind: "Pod", metadata: { name: "a", uid: "p1" }, status })
const event = (reason: string, message: string, lastTimestamp = "2026-01-01T00:00:20Z") => ({
  kind: "Event",
  involvedObject: { name: "a", uid: "p1" },
  type: reason.startsWith("Pull") ? "Normal" : "Warning",
  reason,
  message,
  lastTimestamp,
})

describe("an image that is being pulled", () => {
  const pulls = (...events: object[]) => {
    const snapshot = Snapshot.parse({ items: [pod({}), ...events] })
    return describePulls(only(snapshot, "Pod")[0]!, snapshot, NOW)
  }

  test("is named, with how long it takes", () => {
    expect(pulls(event("Pulling", 'Pulling image "r/backend@sha256:1"'))).toEqual([
      "  pulling r/backend@sha256:1 for 40 s",
    ])
  })

  test("is not, once it is there", () => {
    expect(
      pulls(
        event("Pulling", 'Pulling image "r/backend@sha256:1"'),
        event("Pulled", 'Successfully pulled image "r/backend@sha256:1" in 2s (2s including waiting)'),
      ),
    ).toEqual([])
  })
})

test("nodes that are short of something or not ready are named, with what the kubelet says", () => {
  const lastTransitionTime = "2026-01-01T00:00:00Z"
  const node = (name: string, ...conditions: object[]) => ({ kind: "Node", metadata: { name }, status: { conditions } })
  const good = [
    { type: "Ready", status: "True" },
    { type: "DiskPressure", status: "False" },
  ]
  const snapshot = Snapshot.parse({
    items: [
      node("n1", { type: "DiskPressure", status: "True", message: "kubelet has disk pressure", lastTransitionTime }),
      node("n2", {
        type: "Ready",
        status: "Unknown",
        message: "Kubelet stopped posting node status.",
        lastTransitionTime,
      }),
      node("n3", ...good),
    ],
  })
  expect(describeNodes(snapshot)).toEqual([
    "node n1: DiskPressure since 2026-01-01T00:00:00Z: kubelet has disk pressure",
    "node n2: not ready since 2026-01-01T00:00:00Z: Kubelet stopped posting node status.",
  ])
})

test("what a container has put into a message cannot speak to a terminal or to a runner, and is cut", () => {
  const message = `Readiness probe failed: \u001b[31m\n::add-mask::a\n${"x".repeat(600)}`
  const deployment = {
    kind: "Deployment",
    metadata: { name: "a", uid: "d1" },
    spec: {},
    status: {},
  }
  const snapshot = Snapshot.parse({ items: [deployment, event("Unhealthy", message)] })
  const text = describeState(snapshot, readRollout(snapshot, "a", NOW, PATIENT), NOW)
  expect(text).toContain("Readiness probe failed: \n: :add-mask::a")
  expect(text).not.toContain("\u001b")
  expect(text).not.toContain("x".repeat(500))
  const scheduled = { type: "PodScheduled", status: "False", message: "y".repeat(600) }
  const refused = Snapshot.parse({ items: [pod({ conditions: [scheduled] })] })
  expect(describePod(only(refused, "Pod")[0]!)).toEqual(["pod a:", `  not scheduled: ${"y".repeat(500)}…`])
})

test("what is of no consequence for the verdict is evidence: a Deployment that is paused", () => {
  const deployment = {
    kind: "Deployment",
    metadata: { name: "a", uid: "d1" },
    spec: { paused: true },
    status: {},
  }
  const snapshot = Snapshot.parse({ items: [deployment] })
  const text = describeState(snapshot, readRollout(snapshot, "a", NOW, PATIENT), NOW)
  expect(text).toContain("kubectl rollout resume deployment/a")
})

describe("the container whose log is shown", () => {
  const running = { state: { running: {} } }
  const crashed = { state: { waiting: { reason: "CrashLoopBackOff" } }, restartCount: 2 }
  const shown = (init: object[], own: object[], known?: string) => {
    const status = { initContainerStatuses: init, containerStatuses: own }
    return failingContainer(only(Snapshot.parse({ items: [pod(status)] }), "Pod")[0]!, known)
  }

  test("is the one that failed, and not a native sidecar that runs, ready or not", () => {
    const expected = { name: "backend", previous: false }
    expect(shown([{ name: "proxy", ready: true, ...running }], [{ name: "backend", ...crashed }])).toEqual(expected)
    expect(shown([{ name: "proxy", ...running }], [{ name: "backend", ...crashed }], "backend")).toEqual(expected)
  })

  test("is the previous run of one that runs again", () => {
    expect(shown([], [{ name: "backend", restartCount: 1, ...running }])).toEqual({ name: "backend", previous: true })
  })

  test("is none where none has ever run", () => {
    expect(shown([], [{ name: "backend", state: { waiting: { reason: "ErrImagePull" } } }])).toBeUndefined()
  })
})

describe("how a Job stands", () => {
  const job = (...conditions: object[]) => ({
    kind: "Job",
    metadata: { name: "migrate", uid: "j" },
    spec: { template: { spec: { containers: [{ name: "migration" }] } } },
    status: { conditions },
  })
  const refused = (message: string) => ({
    kind: "Event",
    involvedObject: { name: "migrate", uid: "j" },
    reason: "FailedCreate",
    message,
  })

  test.each<[string, object[], string[]]>([
    [
      "suspended",
      [job({ type: "Suspended", status: "True", message: "Job suspended" })],
      ["job migrate: it has no pod", "  Suspended: Job suspended"],
    ],
    [
      "whose service account is missing",
      [job(), refused('error looking up service account shop/x: serviceaccount "x" not found')],
      [
        "job migrate: it has no pod",
        "events:",
        '  FailedCreate: error looking up service account shop/x: serviceaccount "x" not found',
      ],
    ],
    [
      "whose pod waits",
      [
        job(),
        {
          kind: "Pod",
          metadata: { name: "migrate-x", uid: "x", ownerReferences: [{ uid: "j" }] },
          status: { containerStatuses: [{ name: "migration", state: { waiting: { reason: "ContainerCreating" } } }] },
        },
      ],
      ["pod migrate-x:", "  container migration: waiting (ContainerCreating)"],
    ],
  ])("%s", (_, items, expected) => {
    expect(describeJob(Snapshot.parse({ items }), "migrate", NOW)).toEqual(expected)
  })
})
