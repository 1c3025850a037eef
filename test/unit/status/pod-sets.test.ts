import { describe, expect, test } from "vitest"

import { newPods, readSet, type SetState } from "../../../.dagger/src/status/pod-sets.ts"
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
