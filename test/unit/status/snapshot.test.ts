import { describe, expect, test } from "vitest"

import { eventsOf, only } from "../../../.dagger/src/status/snapshot.ts"
import { event, pod, snapshotOf } from "./objects.ts"

describe("an event is about a pod", () => {
  const created = "2026-01-01T00:00:10.000Z"
  const at = (lastTimestamp: string | null, involvedObject: object) =>
    event("", "Failed", "", { lastTimestamp, involvedObject })
  test.each<[string, object, boolean]>([
    ["by its uid", at(null, { name: "db-0", uid: "new" }), true],
    ["not where it has the uid of an earlier pod of the name", at(created, { name: "db-0", uid: "old" }), false],
    ["by its name, where it has no uid", at(created, { name: "db-0" }), true],
    ["not by a part of its name", at(created, { name: "db" }), false],
    ["dated a second before, since dates are whole seconds", at("2026-01-01T00:00:09.000Z", { name: "db-0" }), true],
    ["not where it is older, and of an earlier pod", at("2026-01-01T00:00:08.999Z", { name: "db-0" }), false],
    ["where it has no date", at(null, { name: "db-0" }), true],
  ])("%s", (_, item, expected) => {
    const snapshot = snapshotOf(pod("db-0", { metadata: { uid: "new", creationTimestamp: created } }), item)
    expect(eventsOf(only(snapshot, "Pod")[0]!, snapshot)).toHaveLength(expected ? 1 : 0)
  })
})
