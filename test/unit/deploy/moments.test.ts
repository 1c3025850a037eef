import { expect, test } from "vitest"

import { Moments } from "../../../.dagger/src/deploy/moments.ts"
import { pod, snapshotOf } from "../status/objects.ts"

test("the moments of a deployment: a migration that does not complete has no end, and pods the last look at them", () => {
  const moments = new Moments()
  const workloads = [{ kind: "StatefulSet", name: "queue", namespace: "shop" }]
  const ownerReferences = [{ uid: "q", kind: "StatefulSet", name: "queue" }]
  moments.enterStep("migrate", 1000)
  moments.beginMigration("first", 1500)(2500)
  moments.beginMigration("second", 3000)
  moments.enterStep("rollback", 4000)
  for (const now of [5000, 6000])
    moments.look(workloads, snapshotOf(pod("queue-0", { metadata: { ownerReferences } })), now)
  const at = (milliseconds: number) => new Date(milliseconds).toISOString()
  expect(moments.timeline).toEqual({
    steps: [
      { step: "migrate", at: at(1000) },
      { step: "rollback", at: at(4000) },
    ],
    migrations: [
      { name: "first", from: at(1500), to: at(2500) },
      { name: "second", from: at(3000) },
    ],
    pods: [expect.objectContaining({ workload: "statefulset/queue", pod: "queue-0" })],
    until: at(6000),
  })
})

test("a switch has the moments of its decision and of its answer, and pods that ran before are looked at too", () => {
  const moments = new Moments()
  const at = (milliseconds: number) => new Date(milliseconds).toISOString()
  const of = (name: string) => pod(name, { metadata: { ownerReferences: [{ uid: "q", kind: "StatefulSet", name }] } })
  const workload = (name: string) => ({ kind: "StatefulSet", name, namespace: "shop" })
  moments.include([workload("old")])
  moments.addSwitch("web", "web-green", 1000, 1500)
  moments.look([workload("new")], snapshotOf(of("new"), of("old"), of("other")), 2000)
  const { switches, pods } = moments.timeline
  expect(switches).toEqual([{ service: "web", to: "web-green", decided: at(1000), at: at(1500) }])
  expect(pods.map(({ workload }) => workload)).toEqual(["statefulset/new", "statefulset/old"])
})

test("without a look at pods there is no last one", () => {
  expect(new Moments().timeline).toEqual({ steps: [], migrations: [], pods: [] })
})
