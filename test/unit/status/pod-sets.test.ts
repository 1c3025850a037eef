import { describe, expect, test } from "vitest"

import { newestRevision, newPods, obstacles, readSet, type SetState } from "../../../.dagger/src/status/pod-sets.ts"
import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"

const DONE: SetState = {
  live: { metadata: { uid: "s", generation: 2, managedFields: [] }, spec: {} },
  observedGeneration: 2,
  strategy: "RollingUpdate",
  wanted: 3,
  partition: 0,
  updated: 3,
  ready: 3,
}

describe("where the rollout of a StatefulSet or a DaemonSet stands", () => {
  test.each<[string, Partial<SetState>, boolean, string]>([
    ["all of it is new", {}, true, "3/3 new, 3/3 ready"],
    ["the change is not seen yet", { observedGeneration: 1 }, false, "3/3 new, 3/3 ready"],
    ["one pod is old", { updated: 2 }, false, "2/3 new, 3/3 ready"],
    ["one pod is not ready", { ready: 2 }, false, "3/3 new, 2/3 ready"],
    ["a part is to stay as it is", { partition: 2, updated: 1 }, true, "1/1 new, 3/3 ready"],
    ["all is to stay as it is", { partition: 5, updated: 0 }, true, "0/0 new, 3/3 ready"],
    ["there is none to run", { wanted: 0, updated: 0, ready: 0 }, true, "0/0 new, 0/0 ready"],
    [
      "pods are replaced when somebody deletes them",
      { strategy: "OnDelete", updated: 0 },
      true,
      "its pods are replaced when they are deleted (OnDelete)",
    ],
  ])("%s", (_, state, complete, line) => {
    expect(readSet({ ...DONE, ...state })).toEqual({ complete, line })
  })
})

test("the pods of a release are those that were not there before, whatever they are called", () => {
  const pods = (...uids: string[]) =>
    Snapshot.parse({
      items: uids.map(uid => ({
        kind: "Pod",
        metadata: { name: "db-0", uid, ownerReferences: [{ uid: uid === "of-another" ? "t" : "s" }] },
        status: {},
      })),
    })
  expect(newPods(pods("old", "new", "of-another"), pods("old"), "s").map(({ metadata }) => metadata.uid)).toEqual([
    "new",
  ])
})

describe("the pods that a set has to get rid of", () => {
  const pod = (name: string, revision: string, ready: "True" | "False", deletionTimestamp?: string) => ({
    kind: "Pod",
    metadata: {
      name,
      uid: name,
      labels: { "controller-revision-hash": revision },
      ownerReferences: [{ uid: "s" }],
      deletionTimestamp,
    },
    status: { conditions: [{ type: "Ready", status: ready }] },
  })
  const snapshot = Snapshot.parse({
    items: [
      pod("db-0", "db-old", "False"),
      pod("db-1", "db-old", "True"),
      pod("db-2", "db-new", "False"),
      pod("db-3", "db-old", "False", "2026-01-01T00:00:00Z"),
      {
        ...pod("web-0", "db-old", "False"),
        metadata: { ...pod("web-0", "db-old", "False").metadata, ownerReferences: [] },
      },
    ],
  })
  const state: SetState = { ...DONE, revision: "db-new" }

  test.each<[string, string, Partial<SetState>, boolean, boolean, string[]]>([
    ["a rollback: those of another revision that are not ready", "StatefulSet", {}, true, false, ["db-0"]],
    ["a deployment: such a one while it may come up", "StatefulSet", {}, false, false, []],
    ["a deployment: such a one that never will", "StatefulSet", {}, false, true, ["db-0"]],
    ["before the controller has seen the change", "StatefulSet", { observedGeneration: 1 }, true, true, []],
    ["below its partition", "StatefulSet", { partition: 1 }, true, true, []],
    ["where the revision is not known", "StatefulSet", { revision: undefined }, true, true, []],
    ["OnDelete, in a rollback", "StatefulSet", { strategy: "OnDelete" }, true, false, ["db-0"]],
    ["OnDelete, in a deployment", "StatefulSet", { strategy: "OnDelete" }, false, true, []],
    ["a DaemonSet that replaces them itself", "DaemonSet", {}, true, true, []],
    ["a DaemonSet with OnDelete, in a rollback", "DaemonSet", { strategy: "OnDelete" }, true, false, ["db-0"]],
  ])("%s", (_, kind, change, isRollback, doomed, expected) => {
    const found = obstacles(kind, { ...state, ...change }, snapshot, { isRollback, isDoomed: () => doomed })
    expect(found.map(({ metadata }) => metadata.name)).toEqual(expected)
  })
})

test("the newest revision of a DaemonSet is the one that was made or taken again last", () => {
  const revision = (number: number, hash: string, uid = "s") => ({
    metadata: { labels: { "controller-revision-hash": hash }, ownerReferences: [{ uid }] },
    revision: number,
  })
  expect(newestRevision([revision(3, "a"), revision(2, "b"), revision(9, "c", "t")], "s")).toBe("a")
  expect(newestRevision([], "s")).toBeUndefined()
})
