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

test("without a look at pods there is no last one", () => {
  expect(new Moments().timeline).toEqual({ steps: [], migrations: [], pods: [] })
})
