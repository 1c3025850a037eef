import { describe, expect, test } from "vitest"

import { failedProbe, killedByProbe } from "../../../.dagger/src/status/probes.ts"
import { only } from "../../../.dagger/src/status/snapshot.ts"
import { ago, condition, event, NOW, pod, snapshotOf } from "./objects.ts"

/** Fails for 3 × 4 s and the 2 s of its last attempt. */
const PROBE = { initialDelaySeconds: 5, periodSeconds: 4, timeoutSeconds: 2, failureThreshold: 3 }
/** Fails at once, so that only what every probe is given counts. */
const IMPATIENT = { periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 }

interface Start {
  startupProbe?: object
  readinessProbe?: object
  /** Since so many seconds. */
  runs: number
  started?: boolean
  /** Not ready since so many seconds. */
  unready?: number
}

function judge(
  { startupProbe, readinessProbe, runs, started = false, unready }: Start,
  events: object[] = [],
  limit = 10,
) {
  const item = pod("web", {
    spec: { containers: [{ name: "proxy" }, { name: "web", startupProbe, readinessProbe }] },
    status: {
      conditions: [
        condition("PodScheduled", "True", 1),
        ...(unready === undefined ? [] : [condition("Ready", "False", unready)]),
      ],
      containerStatuses: [{ name: "web", started, state: { running: { startedAt: ago(runs) } } }],
    },
  })
  const snapshot = snapshotOf(item, ...events)
  const [read] = only(snapshot, "Pod")
  return failedProbe(read!, read!.status.containerStatuses[0]!, only(snapshot, "Event"), NOW, limit)
}

const failed = (probe: string, first: number, last = first, answer = "HTTP probe failed with statuscode: 500") =>
  event("web", "Unhealthy", `${probe} probe failed: ${answer}`, {
    firstTimestamp: ago(first),
    lastTimestamp: ago(last),
    involvedObject: { uid: "web", name: "web", fieldPath: "spec.containers{web}" },
  })

describe("a startup probe", () => {
  test.each<[string, Start, number | undefined]>([
    ["has its initial delay, its attempts, and 2 s for the kubelet", { startupProbe: PROBE, runs: 21 }, undefined],
    ["fails after that", { startupProbe: PROBE, runs: 21.001 }, 19],
    ["that was passed is over", { startupProbe: PROBE, runs: 500, started: true }, undefined],
  ])("%s", (_, start, allowed) => {
    expect(judge(start)?.kind).toBe(allowed === undefined ? undefined : "ProbeFailed")
    expect(judge(start)).toEqual(allowed && { kind: "ProbeFailed", probe: "startup", allowed })
  })
})

describe("a container that has no startup probe, and was never ready", () => {
  test.each<[string, Start, number, number | undefined]>([
    ["has limits.startup, and 2 s for the kubelet", { readinessProbe: PROBE, runs: 22 }, 20, undefined],
    ["fails after that", { readinessProbe: PROBE, runs: 22.001 }, 20, 20],
    ["has the time to its probe's first answer", { readinessProbe: PROBE, runs: 13 }, 1, undefined],
    ["fails after the probe's first answer", { readinessProbe: PROBE, runs: 13.001 }, 1, 11],
    ["and no probe at all, is ready when it runs", { runs: 500 }, 1, undefined],
    ["whose pod is unready since it started", { readinessProbe: PROBE, runs: 30, unready: 30 }, 10, 11],
  ])("%s", (_, start, limit, allowed) => {
    expect(judge(start, [], limit)).toEqual(allowed && { kind: "NeverReady", allowed })
  })
})

describe("a readiness probe", () => {
  const started = { startupProbe: PROBE, readinessProbe: PROBE, started: true }
  const quick = { startupProbe: IMPATIENT, readinessProbe: IMPATIENT, started: true }
  const LATE = { kind: "ProbeFailed", probe: "readiness", allowed: 10 }
  const ANSWER = "HTTP probe failed with statuscode: 500"
  test.each<[string, Start, object[], object | undefined]>([
    ["within limits.startup says nothing", { ...quick, runs: 10 }, [failed("Readiness", 9)], undefined],
    [
      "after limits.startup has its say",
      { ...quick, runs: 10.001 },
      [failed("Readiness", 9)],
      { ...LATE, allowed: 6, answer: ANSWER },
    ],
    ["that fails has its attempts but one", { ...started, runs: 60 }, [failed("Readiness", 10)], undefined],
    ["that fails for longer", { ...started, runs: 60 }, [failed("Readiness", 10.001)], { ...LATE, answer: ANSWER }],
    [
      "counts from its first failure",
      { ...started, runs: 60 },
      [failed("Readiness", 5), failed("Readiness", 10.001)],
      { ...LATE, answer: ANSWER },
    ],
    [
      "of another container does not count",
      { ...started, runs: 31 },
      [
        event("web", "Unhealthy", "Readiness probe failed: other", {
          firstTimestamp: ago(29),
          involvedObject: { uid: "web", fieldPath: "spec.containers{myweb}" },
        }),
      ],
      undefined,
    ],
    [
      "that names no container counts",
      { ...started, runs: 31 },
      [event("web", "Unhealthy", "Readiness probe failed: other", { firstTimestamp: ago(10.001) })],
      { ...LATE, answer: "other" },
    ],
    [
      "of the container's previous run does not count",
      { ...started, runs: 34 },
      [failed("Readiness", 34.001, 34.001)],
      undefined,
    ],
    [
      "that failed in the moment of the start counts",
      { ...started, runs: 34 },
      [failed("Readiness", 34, 34)],
      { ...LATE, answer: ANSWER },
    ],
    ["that has not answered counts from when it should have", { ...started, runs: 34 }, [], undefined],
    ["that has not answered in time", { ...started, runs: 34.001 }, [], LATE],
    [
      "that was passed counts from when the pod turned unready",
      { ...started, runs: 300, unready: 10 },
      [failed("Readiness", 200)],
      undefined,
    ],
    [
      "that was passed is not given limits.startup again",
      { readinessProbe: { ...IMPATIENT, initialDelaySeconds: 0 }, runs: 9, unready: 6.001 },
      [],
      { ...LATE, allowed: 6 },
    ],
    [
      "has 6 s, however little its fields allow",
      { readinessProbe: { ...IMPATIENT, initialDelaySeconds: 0 }, runs: 9, unready: 6 },
      [],
      undefined,
    ],
  ])("%s", (_, start, events, expected) => {
    expect(judge(start, events)).toEqual(expected)
  })
})

describe("a container whose state says nothing of a probe", () => {
  const read = (status: object) => {
    const snapshot = snapshotOf(
      pod("web", {
        spec: { containers: [{ name: "web", readinessProbe: PROBE }] },
        status: { containerStatuses: [{ name: "web", ...status }] },
      }),
    )
    const [item] = only(snapshot, "Pod")
    return failedProbe(item!, item!.status.containerStatuses[0]!, [], NOW, 10)
  }
  test.each<[string, object]>([
    ["it is ready", { ready: true, state: { running: { startedAt: ago(500) } } }],
    ["it does not run", {}],
    [
      "it is not in the pod's spec, as one that was added to debug it",
      { name: "debugger", state: { running: { startedAt: ago(500) } } },
    ],
  ])("%s", (_, status) => {
    expect(read(status)).toBeUndefined()
  })
})

describe("a container that the kubelet restarts since a probe fails", () => {
  const killing = (container: string, probe: string) =>
    event("web", "Killing", `Container ${container} failed ${probe} probe, will be restarted`)
  const events = (...items: object[]) => only(snapshotOf(...items), "Event")

  test.each<[string, object[], object | undefined]>([
    [
      "by its liveness probe, with its last answer",
      [failed("Liveness", 30, 20, "second\n"), failed("Liveness", 50, 40, "first"), killing("web", "liveness")],
      { kind: "KilledByProbe", probe: "liveness", answer: "second" },
    ],
    ["by its startup probe", [killing("web", "startup")], { kind: "KilledByProbe", probe: "startup" }],
    [
      "after another one was",
      [killing("proxy", "startup"), killing("web", "liveness")],
      { kind: "KilledByProbe", probe: "liveness" },
    ],
    ["is none where another one is", [killing("proxy", "liveness")], undefined],
    ["is none where it is ended for another reason", [event("web", "Killing", "Stopping container web")], undefined],
  ])("%s", (_, items, expected) => {
    expect(killedByProbe("web", events(...items))).toEqual(expected)
  })
})
