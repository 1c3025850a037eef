import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { PodRecorder } from "../../../.dagger/src/status/pod-moments.ts"
import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"
import { pod, snapshotOf } from "./objects.ts"

const CASES = join(import.meta.dirname, "cases/pod-moments")
const WORKLOADS = ["Deployment web", "StatefulSet queue"].map(workload => {
  const [kind, name] = workload.split(" ") as [string, string]
  return { kind, name, namespace: "shop" }
})

describe("the moments of a release's pods", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const read = (file: string) => parse(readFileSync(join(CASES, name, file), "utf8"))
    const recorder = new PodRecorder()
    for (const { now, items } of read("looks.yaml") as { now: string; items: object[] }[])
      recorder.record(WORKLOADS, Snapshot.parse({ items }), Date.parse(now))
    expect(recorder.all).toEqual(read("expected.yaml"))
    expect(recorder.omitted).toBe(0)
  })

  test("stay known where the workloads change, as those of a release that is rolled back", () => {
    const recorder = new PodRecorder()
    const ownerReferences = [{ uid: "q", kind: "StatefulSet", name: "queue" }]
    recorder.record(WORKLOADS, snapshotOf(pod("queue-0", { metadata: { ownerReferences } })), 1000)
    recorder.record([], snapshotOf(), 2000)
    expect(recorder.all).toMatchObject([{ pod: "queue-0", gone: "1970-01-01T00:00:02.000Z" }])
  })

  test("are kept of two hundred; the others are counted, each once", () => {
    const recorder = new PodRecorder()
    const ownerReferences = [{ uid: "q", kind: "StatefulSet", name: "queue" }]
    const pods = Array.from({ length: 203 }, (_, index) =>
      pod(`queue-${index}`, { metadata: { ownerReferences, uid: `${index}` } }),
    )
    for (const now of [1000, 2000]) recorder.record(WORKLOADS, snapshotOf(...pods), now)
    expect([recorder.all.length, recorder.omitted]).toEqual([200, 3])
  })
})

describe("a pod is of a workload", () => {
  const STATEFUL_SET = { uid: "q", kind: "StatefulSet", name: "queue" }
  const DEPLOYMENT = { uid: "d", kind: "Deployment", name: "web" }
  const OTHER = { uid: "o", kind: "Deployment", name: "other" }
  const ownedBy = (...ownerReferences: object[]) => pod("a", { metadata: { ownerReferences } })
  const ofSet = (uid: string) => ownedBy({ uid, kind: "ReplicaSet", name: uid })
  const set = (uid: string, ...ownerReferences: object[]) => ({
    kind: "ReplicaSet",
    metadata: { name: uid, uid, ownerReferences },
  })

  test.each<[string, object[], string | undefined]>([
    ["that owns it", [ownedBy(STATEFUL_SET)], "statefulset/queue"],
    ["that is one of its owners", [ownedBy(OTHER, STATEFUL_SET)], "statefulset/queue"],
    ["that owns its ReplicaSet", [ofSet("r"), set("r", DEPLOYMENT)], "web"],
    ["that is one of the owners of its ReplicaSet", [ofSet("r"), set("r", OTHER, DEPLOYMENT)], "web"],
    ["not where another one owns its ReplicaSet", [ofSet("r"), set("r", OTHER)], undefined],
    ["not where that has another ReplicaSet alone", [ofSet("s"), set("r", DEPLOYMENT)], undefined],
    ["not where nobody owns it", [ownedBy(), set("r", DEPLOYMENT)], undefined],
  ])("%s", (_, items, workload) => {
    const recorder = new PodRecorder()
    recorder.record(WORKLOADS, snapshotOf(...items), 1000)
    expect(recorder.all.map(found => found.workload)).toEqual(workload === undefined ? [] : [workload])
  })

  test("started when the first of its containers did, however often another has since", () => {
    const running = (startedAt: string) => ({ running: { startedAt } })
    const containerStatuses = [
      {
        name: "web",
        restartCount: 1,
        state: running("2026-01-01T00:00:09Z"),
        lastState: { terminated: { exitCode: 1, startedAt: "2026-01-01T00:00:03Z" } },
      },
      { name: "proxy", state: running("2026-01-01T00:00:05Z") },
    ]
    const recorder = new PodRecorder()
    recorder.record(
      WORKLOADS,
      snapshotOf(pod("a", { metadata: { ownerReferences: [STATEFUL_SET] }, status: { containerStatuses } })),
      1000,
    )
    expect(recorder.all[0]!.started).toBe("2026-01-01T00:00:03.000Z")
  })
})
