import { describe, expect, test } from "vitest"

import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"
import { type PodChange, Timeline } from "../../../.dagger/src/status/timeline.ts"

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
const pods = (...ready: [name: string, second: number][]) =>
  Snapshot.parse({
    items: ready.map(([name, second]) => ({
      kind: "Pod",
      metadata: { name, uid: name },
      status: { conditions: [{ type: "Ready", status: "True", lastTransitionTime: at(second) }] },
    })),
  }).items as never[]

test("a pod is ready when the kubelet says so, and gone when it is first missed, by the cluster's clock", () => {
  const changes: PodChange[] = []
  const timeline = new Timeline(change => changes.push(change), Date.parse(at(10)))
  timeline.record("backend", pods(["old", 3]), Date.parse(at(11)))
  timeline.record("backend", pods(["old", 3], ["new", 14]), Date.parse(at(20)))
  timeline.record("backend", pods(["new", 14]), Date.parse(at(25)))
  expect(changes).toEqual([
    { at: at(14), application: "backend", pod: "new", change: "ready" },
    { at: at(25), application: "backend", pod: "old", change: "gone" },
  ])
})

test("a pod that became ready in the second in which the release began counts: the kubelet writes whole seconds", () => {
  const changes: PodChange[] = []
  new Timeline(change => changes.push(change), Date.parse(at(10)) + 400).record(
    "backend",
    pods(["new", 10], ["old", 9]),
    Date.parse(at(12)),
  )
  expect(changes.map(({ pod }) => pod)).toEqual(["new"])
})

describe("a pod counts as ready", () => {
  const change = (lastTransitionTime: string | null, type = "Ready", status = "True") => {
    const changes: PodChange[] = []
    const conditions = [
      { type: "PodScheduled", status: "True", lastTransitionTime: at(11) },
      { type, status, lastTransitionTime },
    ]
    const { items } = Snapshot.parse({
      items: [{ kind: "Pod", metadata: { name: "new", uid: "n" }, status: { conditions } }],
    })
    new Timeline(item => changes.push(item), Date.parse(at(10))).record("backend", items as never[], Date.parse(at(20)))
    return changes.map(item => item.at)
  }
  test.each<[string, Parameters<typeof change>, string[]]>([
    ["since its condition says so", [at(14)], [at(14)]],
    ["now, where the condition has no date", [null], [at(20)]],
    ["not where it was a second before the release", [at(9)], []],
    ["not where its containers are ready and it is not", [at(14), "ContainersReady"], []],
    ["not where its condition is false", [at(14), "Ready", "False"], []],
  ])("%s", (_, condition, expected) => {
    expect(change(...condition)).toEqual(expected)
  })
})
