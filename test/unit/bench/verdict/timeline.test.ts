import { describe, expect, test } from "vitest"

import { causeSince, podsAt, type Sighting, specSeen, wholeSince } from "../../../bench/verdict/timeline.ts"

const see = (at: number, object: any, type = "MODIFIED"): Sighting => ({ at, type, object })
const workload = (kind: string, name: string, spec: object, uid = name) => ({ kind, metadata: { name, uid }, spec })
const pod = (name: string, template: string, isReady: boolean, more: object = {}) => ({
  kind: "Pod",
  metadata: { name, uid: name, labels: { "pod-template-hash": template }, ...more },
  status: { conditions: [{ type: "Ready", status: isReady ? "True" : "False" }] },
})
const gone = { deletionTimestamp: "2026-01-01T00:00:00Z" }

describe("the faulty spec is first seen", () => {
  const target = { kind: "Deployment", name: "frontend" }
  const before = [see(1, workload("Deployment", "frontend", { image: "a" }), "ADDED")]
  test.each<[string, Sighting[], number | undefined]>([
    ["when the target's spec changes", [see(12, workload("Deployment", "frontend", { image: "b" }))], 12],
    ["not with a change of its status", [see(12, workload("Deployment", "frontend", { image: "a" }))], undefined],
    ["not with another object's", [see(12, workload("Deployment", "backend", { image: "b" }), "ADDED")], undefined],
    ["not with its end", [see(12, workload("Deployment", "frontend", { image: "b" }), "DELETED")], undefined],
  ])("%s", (_, after, expected) => {
    expect(specSeen([...before, ...after], target, 10)).toBe(expected)
  })

  test("with a new Job, whose name may have a hash; one that was there is none", () => {
    const jobs = [
      see(1, workload("Job", "migrate-1", {}), "ADDED"),
      see(11, workload("Job", "migrate-1", {})),
      see(12, workload("Job", "migrate-2", {}), "ADDED"),
    ]
    expect(specSeen(jobs, { kind: "Job", name: "migrate" }, 10)).toBe(12)
  })
})

describe("the previous version is whole", () => {
  const before = [see(1, pod("old", "a", true), "ADDED")]
  const wanted = podsAt(before, 5)
  const faulty = [see(11, pod("new", "b", false), "ADDED")]
  test.each<[string, Sighting[], number | undefined]>([
    ["all along where its pods were never others", [], 10],
    ["not while another pod is there", faulty, undefined],
    ["once the other one is told to end", [...faulty, see(15, pod("new", "b", false, gone))], 15],
    ["once the other one has gone", [...faulty, see(16, pod("new", "b", false), "DELETED")], 16],
    [
      "not while its own pod is not ready",
      [...faulty, see(15, pod("old", "a", false)), see(16, pod("new", "b", false), "DELETED")],
      undefined,
    ],
    [
      "by a pod of the same template",
      [see(11, pod("old", "a", true), "DELETED"), see(18, pod("other", "a", true))],
      18,
    ],
  ])("%s", (_, after, expected) => {
    expect(wholeSince([...before, ...after], wanted, 10)).toBe(expected)
  })

  test("whatever Jobs do", () => {
    const job = { kind: "Pod", metadata: { name: "j", uid: "j", labels: {} }, status: {} }
    expect(wholeSince([...before, see(11, job, "ADDED")], wanted, 10)).toBe(10)
  })
})

describe("the cause is dated", () => {
  const date = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
  const at = (second: number) => Date.parse(date(second))
  const event = (reason: string, message: string, second: number, uid?: string) => ({
    kind: "Event",
    metadata: { name: "e", uid: "e" },
    reason,
    message,
    firstTimestamp: date(second),
    involvedObject: { uid },
  })

  test("by the cluster, not by when it was seen", () => {
    const sightings = [see(at(9), event("Failed", "Failed to pull image", 7))]
    expect(causeSince(sightings, /Failed to pull/, at(5))).toBe(at(7))
  })

  test("not by what was there before the call", () => {
    const sightings = [see(at(9), event("Failed", "Failed to pull image", 4))]
    expect(causeSince(sightings, /Failed to pull/, at(5))).toBeUndefined()
  })

  test("for a probe, once its container may no longer be starting", () => {
    const running = {
      ...pod("new", "b", false),
      status: { containerStatuses: [{ restartCount: 0, state: { running: { startedAt: date(6) } } }] },
    }
    const sightings = [see(at(6), running), see(at(8), event("Unhealthy", "Readiness probe failed: 500", 7, "new"))]
    expect(causeSince(sightings, /Readiness probe failed/, at(5))).toBe(at(16))
  })
})
