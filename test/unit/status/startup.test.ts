import { describe, expect, test } from "vitest"

import { Outages } from "../../../.dagger/src/status/outages.js"
import { Snapshot } from "../../../.dagger/src/status/snapshot.js"
import { assertStarted, readStart, Starts } from "../../../.dagger/src/status/startup.js"

const condition = (type: string, second: number, status = "True") => ({
  type,
  status,
  lastTransitionTime: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
})

const NONE = new Outages(Infinity)

function startOf(messages: string[], conditions = [condition("PodScheduled", 2), condition("Ready", 9)]) {
  const pod = { kind: "Pod", metadata: { name: "backend-1", uid: "p1" }, status: { conditions } }
  const events = messages.map(message => ({
    kind: "Event",
    involvedObject: { name: "backend-1" },
    reason: "Pulled",
    message,
  }))
  const other = {
    kind: "Event",
    involvedObject: { name: "backend-2" },
    reason: "Pulled",
    message: 'Successfully pulled image "x" in 9s (9s including waiting).',
  }
  const snapshot = Snapshot.parse({ items: [pod, ...events, other] })
  return readStart("backend", snapshot.items[0] as never, snapshot, NONE)
}

describe("the start of a pod", () => {
  test("is from scheduled to ready", () => {
    expect(startOf([])).toEqual({ deployment: "backend", pod: "backend-1", seconds: 7, pulling: 0, margin: 1 })
  })

  test("is from the last start of a container that restarted, which limits.restarts allows", () => {
    const conditions = [condition("PodScheduled", 2), condition("Ready", 19)]
    const containerStatuses = [
      { name: "backend", restartCount: 2, state: { running: { startedAt: "2026-01-01T00:00:15Z" } } },
      { name: "ended", restartCount: 1, state: { terminated: { exitCode: 0 } } },
      { name: "proxy", restartCount: 0, state: { running: { startedAt: "2026-01-01T00:00:17Z" } } },
    ]
    const pod = { kind: "Pod", metadata: { name: "backend-1", uid: "p1" }, status: { conditions, containerStatuses } }
    const snapshot = Snapshot.parse({ items: [pod] })
    expect(readStart("backend", snapshot.items[0] as never, snapshot, NONE)?.seconds).toBe(4)
  })

  test("does not count what an outage of the API server held up", () => {
    const second = (count: number) => Date.UTC(2026, 0, 1, 0, 0, count)
    const conditions = [condition("PodScheduled", 2), condition("Ready", 30)]
    const pod = { kind: "Pod", metadata: { name: "backend-1", uid: "p1" }, status: { conditions } }
    const snapshot = Snapshot.parse({ items: [pod] })
    const outages = new Outages(second(3))
    outages.answered(second(4))
    outages.answered(second(14))
    expect(readStart("backend", snapshot.items[0] as never, snapshot, outages)?.seconds).toBe(8)
  })

  test("is unknown while it is not ready", () => {
    expect(startOf([], [condition("PodScheduled", 2), condition("Ready", 3, "False")])).toBeUndefined()
  })

  test.each([
    [
      'Successfully pulled image "r/backend@sha256:1" in 850ms (850ms including waiting). Image size: 61000000 bytes.',
      0.85,
    ],
    [
      'Successfully pulled image "r/backend@sha256:1" in 1.2s (4.5s including waiting). Image size: 61000000 bytes.',
      4.5,
    ],
    [
      'Successfully pulled image "r/backend@sha256:1" in 1m2.5s (1m2.5s including waiting). Image size: 61000000 bytes.',
      62.5,
    ],
    [
      'Successfully pulled image "r/backend@sha256:1" in 12m2s (12m2s including waiting). Image size: 61000000 bytes.',
      722,
    ],
    ['Container image "r/backend@sha256:1" already present on machine', 0],
  ])("tells the time of the pull apart: %s", (message, seconds) => {
    expect(startOf([message])?.pulling).toBe(seconds)
  })

  test("counts the pulls of all its containers", () => {
    const message = 'Successfully pulled image "r/x@sha256:1" in 1.5s (1.5s including waiting). Image size: 1 bytes.'
    expect(startOf([message, message])?.pulling).toBe(3)
  })
})

describe("the margin of a start", () => {
  const marginOf = (...containers: object[]) => {
    const conditions = [condition("PodScheduled", 2), condition("Ready", 9)]
    const named = containers.map((probes, index) => ({ name: `c${index}`, ...probes }))
    const pod = { kind: "Pod", metadata: { name: "a", uid: "p1" }, spec: { containers: named }, status: { conditions } }
    const snapshot = Snapshot.parse({ items: [pod] })
    return readStart("backend", snapshot.items[0] as never, snapshot, NONE)?.margin
  }

  test("is a second for the dates, and the longest period of a container's first probe", () => {
    expect(marginOf({})).toBe(1)
    expect(marginOf({ readinessProbe: { periodSeconds: 2 } }, { readinessProbe: {} })).toBe(11)
    expect(marginOf({ startupProbe: { periodSeconds: 1 }, readinessProbe: { periodSeconds: 5 } })).toBe(2)
  })
})

describe("a limit of 10 s", () => {
  const start = (seconds: number, pulling = 0) => ({ deployment: "backend", pod: "a", seconds, pulling, margin: 2 })

  test.each([
    ["certainly took longer", [start(12)], "backend: 12.0 s on average, limit 10 s (10.0 s at least"],
    ["took longer on average", [start(8), start(17)], "12.5 s on average"],
  ])("fails pods that %s", (_, starts, expected) => {
    expect(() => assertStarted(starts, 10)).toThrow(expected)
  })

  test("fails those of one application by their own average, and says what to do", () => {
    const starts = [start(12), { ...start(4), deployment: "frontend" }, { ...start(20), deployment: "worker" }]
    expect(() => assertStarted(starts, 10)).toThrow(
      expect.objectContaining({
        code: "STARTUP_TOO_SLOW",
        blame: "user",
        what: "pods took too long from being scheduled to being ready",
        why: "backend: 12.0 s on average, limit 10 s (10.0 s at least, without pulls and the probe's period)\nworker: 20.0 s on average, limit 10 s (18.0 s at least, without pulls and the probe's period)",
        fix: "look at what the application does at its start; limits.startup sets the limit, limits.startupAction: warn lets it pass",
      }),
    )
  })

  test.each([
    ["may have been below it", [start(11)]],
    ["waited for their images", [start(30, 21)]],
    ["are below it on average", [start(16), start(4)]],
  ])("passes pods that %s", (_, starts) => {
    expect(() => assertStarted(starts, 10)).not.toThrow()
  })
})

describe("the starts of a release", () => {
  const seen = (pods: { uid: string; ready?: number }[]) =>
    Snapshot.parse({
      items: pods.map(({ uid, ready }) => ({
        kind: "Pod",
        metadata: { name: `backend-${uid}`, uid },
        status: {
          conditions: [condition("PodScheduled", 0), ...(ready === undefined ? [] : [condition("Ready", ready)])],
        },
      })),
    })
  const startsOf = (before: Snapshot, snapshots: Snapshot[]) => {
    const starts = new Starts(before)
    for (const snapshot of snapshots) starts.record("backend", snapshot.items as never, snapshot, NONE)
    return starts.all().map(({ pod, seconds }) => `${pod}: ${seconds}`)
  }

  test("are those of its own pods: one that was there before, and became ready anew, has not started", () => {
    expect(
      startsOf(seen([{ uid: "old", ready: 3 }]), [
        seen([
          { uid: "old", ready: 50 },
          { uid: "new", ready: 4 },
        ]),
      ]),
    ).toEqual(["backend-new: 4"])
  })

  test("end with being ready for the first time", () => {
    expect(
      startsOf(seen([]), [seen([{ uid: "new" }]), seen([{ uid: "new", ready: 4 }]), seen([{ uid: "new", ready: 30 }])]),
    ).toEqual(["backend-new: 4"])
  })
})
