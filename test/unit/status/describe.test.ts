import { describe, expect, test } from "vitest"

import { readRollout } from "../../../.dagger/src/status/deployment.ts"
import {
  describeJob,
  describeNodes,
  describePod,
  describePulls,
  describeSet,
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

  test("is told by its pull, and not by another event or by the pull of another image", () => {
    expect(
      pulls(
        event("Failed", 'Failed to pull image "r/backend@sha256:1"'),
        event("Pulling", 'Pulling image "r/proxy"'),
        event("Pulled", 'Successfully pulled image "r/backend@sha256:1" in 2s (2s including waiting)'),
        event("Pulled", "Container image present"),
      ),
    ).toEqual(["  pulling r/proxy for 40 s"])
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
  expect(describePod(only(refused, "Pod")[0]!)).toEqual([
    "pod a:",
    `  not scheduled: ${"y".repeat(250)} … ${"y".repeat(250)}`,
  ])
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

  test("is that of the manifest rather than one that was injected, where neither is known to have failed", () => {
    const unready = ["agent", "web"].map(name => ({ name, ...running }))
    const injected = {
      ...pod({ containerStatuses: unready }),
      spec: { containers: [{ name: "web" }, { name: "agent" }] },
    }
    const [found] = only(Snapshot.parse({ items: [injected] }), "Pod")
    expect(failingContainer(found!)?.name).toBe("web")
  })

  test("is the previous run of one that runs again", () => {
    expect(shown([], [{ name: "backend", restartCount: 1, ...running }])).toEqual({ name: "backend", previous: true })
  })

  test.each<[string, object[], object[], string | undefined]>([
    ["an init container that runs", [{ name: "wait", ...running }], [{ name: "web", ...crashed }], "wait"],
    ["an init container that fails", [{ name: "wait", ...crashed }], [], "wait"],
    [
      "not an init container that has done its work",
      [{ name: "wait", state: { terminated: { exitCode: 0 } } }],
      [{ name: "web", ...crashed }],
      "web",
    ],
    [
      "not an init container that waits for those before it",
      [{ name: "wait", restartCount: 1, state: { waiting: { reason: "PodInitializing" } } }],
      [{ name: "web", ...crashed }],
      "web",
    ],
    [
      "not a container that is ready",
      [],
      [
        { name: "proxy", ready: true, ...running },
        { name: "web", ...crashed },
      ],
      "web",
    ],
    ["a container that has ended", [], [{ name: "web", state: { terminated: { exitCode: 1 } } }], "web"],
    ["a container that has run once", [], [{ name: "web", ...running }], "web"],
  ])("is %s", (_, init, own, expected) => {
    expect(shown(init, own)).toEqual({ name: expected, previous: false })
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
      "that was suspended, and is not any more",
      [job({ type: "Suspended", status: "False", message: "Job resumed" })],
      ["job migrate: it has no pod"],
    ],
    ["that is gone", [], ["job migrate: it has no pod"]],
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

describe("the state of a rollout, as evidence", () => {
  const at = (second: number) => new Date(NOW - 60_000 + second * 1000).toISOString()
  const deployment = {
    kind: "Deployment",
    metadata: { name: "web", uid: "d", annotations: { "deployment.kubernetes.io/revision": "1" } },
    spec: {},
    status: {},
  }
  const set = {
    kind: "ReplicaSet",
    metadata: {
      name: "web-1",
      uid: "s",
      ownerReferences: [{ uid: "d" }],
      annotations: { "deployment.kubernetes.io/revision": "1" },
    },
  }
  const member = (name: string, status: object) => ({
    kind: "Pod",
    metadata: { name, uid: name, ownerReferences: [{ uid: "s" }] },
    status,
  })
  const about = (name: string, second: number | undefined, message: string, type = "Warning") => ({
    kind: "Event",
    involvedObject: { name },
    type,
    reason: "Failed",
    message,
    lastTimestamp: second === undefined ? undefined : at(second),
  })
  const textOf = (...items: object[]) => {
    const snapshot = Snapshot.parse({ items })
    return describeState(snapshot, readRollout(snapshot, "web", NOW, PATIENT), NOW).split("\n")
  }

  test("names the ReplicaSet, each pod with what is pulled for it, nodes in a bad state, and the warnings", () => {
    expect(
      textOf(
        deployment,
        set,
        member("web-1-a", {
          containerStatuses: [{ name: "web", state: { waiting: { reason: "ContainerCreating" } } }],
        }),
        { ...about("web-1-a", 30, 'Pulling image "r/web"', "Normal"), reason: "Pulling" },
        {
          kind: "Node",
          metadata: { name: "n" },
          status: { conditions: [{ type: "Ready", status: "False", message: "gone" }] },
        },
        about("web-1-a", 20, "of the pod"),
        about("web-1", 10, "of the ReplicaSet"),
        about("web", 30, "of the Deployment"),
        about("other", 5, "of another"),
        about("web", 5, "a success", "Normal"),
      ),
    ).toEqual([
      "deployment web: 0/1 new, 0 available, 0 old; newest ReplicaSet: web-1",
      "pod web-1-a:",
      "  container web: waiting (ContainerCreating)",
      "  pulling r/web for 30 s",
      "node n: not ready since undefined: gone",
      "events:",
      "  Failed: of the ReplicaSet",
      "  Failed: of the pod",
      "  Failed: of the Deployment",
    ])
  })

  test("has no more than there is", () => {
    expect(textOf(deployment)).toEqual(["deployment web: 0/1 new, 0 available, 0 old"])
  })

  test("has the last three pods that ended as a whole, and why", () => {
    const ended = ["a", "b"].map(name => member(name, { phase: "Failed", reason: "Evicted" }))
    const last = [
      member("c", { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." }),
      member("d", { phase: "Succeeded" }),
    ]
    expect(textOf(deployment, set, ...ended, ...last).slice(1)).toEqual([
      "pod b: Evicted",
      "pod c: Evicted: The node was low on resource: memory.",
      "pod d: Succeeded",
    ])
  })

  test("has each warning once, as of its last time, whatever the pods are called", () => {
    const refused = (name: string) => `Error creating: pods "${name}" is forbidden`
    expect(
      textOf(
        deployment,
        about("web", 30, "first by name, last by time"),
        about("web", undefined, "of no time"),
        about("web", 20, `(combined from similar events): ${refused("web-2")}`),
        about("web", 10, refused("web-1")),
        about("web", 15, "between"),
        about("web", 16, `a pod that says (combined from similar events): ${refused("web-1")}`),
      ).slice(2),
    ).toEqual([
      "  Failed: of no time",
      "  Failed: between",
      `  Failed: a pod that says (combined from similar events): ${refused("web-1")}`,
      `  Failed: (combined from similar events): ${refused("web-2")}`,
      "  Failed: first by name, last by time",
    ])
  })

  test("has warnings apart that only have a part in common", () => {
    const messages = ['no pods "a" left', "no  left", "Error: x", "Error: (combined from similar events): x"]
    expect(textOf(deployment, ...messages.map((message, second) => about("web", second, message))).slice(2)).toEqual(
      messages.map(message => `  Failed: ${message}`),
    )
  })

  test("has the last ten warnings", () => {
    const events = Array.from({ length: 11 }, (_, second) => about("web", second, `warning ${second}`))
    expect(textOf(deployment, ...events).slice(2)).toEqual(
      Array.from({ length: 10 }, (_, index) => `  Failed: warning ${index + 1}`),
    )
  })

  test("has five nodes at most", () => {
    const conditions = [{ type: "MemoryPressure", status: "True", message: "short" }]
    const nodes = [..."abcdef"].map(name => ({ kind: "Node", metadata: { name }, status: { conditions } }))
    expect(textOf(deployment, ...nodes)).toHaveLength(6)
  })
})

describe("a pod is described", () => {
  const terminated = { exitCode: 137, reason: "OOMKilled" }
  const container = (fields: object) => ({ containerStatuses: [{ name: "web", ...fields }] })
  test.each<[string, object, string[]]>([
    [
      "that waits",
      container({ state: { waiting: { reason: "ErrImagePull" } } }),
      ["  container web: waiting (ErrImagePull)"],
    ],
    ["that has ended", container({ state: { terminated } }), ["  container web: ended (OOMKilled, exit code 137)"]],
    [
      "that has ended, without a reason",
      container({ state: { terminated: { exitCode: 1 } } }),
      ["  container web: ended (exit code 1)"],
    ],
    ["that runs", container({ state: { running: {} } }), ["  container web: running, not ready"]],
    ["that is ready", container({ state: { running: {} }, ready: true }), ["  container web: running, ready"]],
    ["whose container is not there", container({}), ["  container web: not there yet"]],
    [
      "that restarted",
      container({ state: { running: {} }, restartCount: 1 }),
      ["  container web: running, not ready, restarted 1×"],
    ],
    [
      "that restarted since it ended",
      container({ state: { running: {} }, restartCount: 2, lastState: { terminated } }),
      ["  container web: running, not ready, restarted 2×, ended before (OOMKilled, exit code 137)"],
    ],
    [
      "with its init containers",
      { initContainerStatuses: [{ name: "wait", state: { running: {} } }] },
      ["  init container wait: running, not ready"],
    ],
    [
      "that no node takes",
      {
        ...container({}),
        conditions: [
          { type: "Ready", status: "False", message: "containers" },
          { type: "PodScheduled", status: "False", message: "Insufficient cpu" },
        ],
      },
      ["  not scheduled: Insufficient cpu"],
    ],
    [
      "that is not taken away, as its condition says",
      {
        conditions: [
          { type: "PodScheduled", status: "True" },
          { type: "DisruptionTarget", status: "False", reason: "x" },
        ],
      },
      [],
    ],
  ])("%s", (_, status, expected) => {
    expect(describePod(only(Snapshot.parse({ items: [pod(status)] }), "Pod")[0]!)).toEqual(["pod a:", ...expected])
  })
})

test("a set that is not complete is shown with its pods, what they pull, and the events about it and them, not about others", () => {
  const ofSet = { ...event("FailedCreate", "exceeded quota"), involvedObject: { name: "db", uid: "s" } }
  const ofOther = { ...event("BackOff", "of another"), involvedObject: { name: "web", uid: "w" } }
  const snapshot = Snapshot.parse({
    items: [
      pod({ containerStatuses: [{ name: "db", state: { waiting: { reason: "ContainerCreating" } } }] }),
      event("Pulling", 'Pulling image "r/db"'),
      event("FailedMount", "no such volume", "2026-01-01T00:00:30Z"),
      ofSet,
      ofOther,
    ],
  })
  const rollout = { line: "0/1 new, 0/1 ready", complete: false, pods: only(snapshot, "Pod"), obstacles: [] }
  expect(describeSet(snapshot, { kind: "StatefulSet", name: "db" }, rollout, NOW).split("\n")).toEqual([
    "statefulset/db: 0/1 new, 0/1 ready",
    "pod a:",
    "  container db: waiting (ContainerCreating)",
    "  pulling r/db for 40 s",
    "events:",
    "  FailedCreate: exceeded quota",
    "  FailedMount: no such volume",
  ])
})
