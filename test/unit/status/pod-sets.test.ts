import { describe, expect, test } from "vitest"

import {
  emptiness,
  newestRevision,
  newPods,
  obstacles,
  readSet,
  refusedPods,
  SETS,
  type SetState,
} from "../../../.dagger/src/status/pod-sets.ts"
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

describe("why nothing of a set runs", () => {
  const autoscaler = {
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "db", uid: "h" },
    spec: { scaleTargetRef: { kind: "StatefulSet", name: "db" } },
  }
  test.each<[string, string, Partial<SetState>, object[], string | undefined]>([
    ["it has pods", "StatefulSet", {}, [], undefined],
    [
      "it has 0 replicas",
      "StatefulSet",
      { wanted: 0 },
      [],
      expect.stringContaining("kubectl scale statefulset/db --replicas=1"),
    ],
    ["its autoscaler wants none", "StatefulSet", { wanted: 0 }, [autoscaler], undefined],
    ["no node fits", "DaemonSet", { wanted: 0 }, [], expect.stringContaining("nodeSelector")],
    ["the nodes are not counted yet", "DaemonSet", { wanted: 0, observedGeneration: 1 }, [], undefined],
  ])("%s", (_, kind, state, items, expected) => {
    expect(emptiness({ kind, name: "db" }, { ...DONE, ...state }, Snapshot.parse({ items }))).toEqual(expected)
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
    status: {
      conditions: [
        { type: "PodScheduled", status: "True" },
        { type: "Ready", status: ready },
      ],
    },
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
  expect(newestRevision([revision(2, "b"), revision(3, "a"), revision(9, "c", "t")], "s")).toBe("a")
  expect(newestRevision([], "s")).toBeUndefined()
})

describe("pods of a set that the API server refuses", () => {
  const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`
  const QUOTA = 'create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: exceeded quota: small'
  const POLICY = 'Error creating: pods "agent-x" is forbidden: violates PodSecurity "restricted:latest"'
  const WEBHOOK = 'Error creating: admission webhook "w" denied the request'
  const refused = (message: string, from: number, to: number, uid = "s") => ({
    kind: "Event",
    involvedObject: { name: "db", uid },
    reason: "FailedCreate",
    message,
    firstTimestamp: at(from),
    lastTimestamp: at(to),
  })
  const pod = (created: number) => ({
    kind: "Pod",
    metadata: { name: "db-0", uid: "p", creationTimestamp: at(created), ownerReferences: [{ uid: "s" }] },
    status: {},
  })

  test.each<[string, object[], Partial<SetState>, string | undefined]>([
    ["none is refused", [], {}, undefined],
    ["by a policy, none is there", [refused(POLICY, 55, 56)], {}, "PodSecurityViolated"],
    ["by a policy, one of two is there", [pod(20), refused(POLICY, 55, 56)], {}, undefined],
    ["by a quota, a moment ago: a pod may have left just now", [refused(QUOTA, 55, 56)], {}, undefined],
    ["by a quota, for half a minute", [refused(QUOTA, 11, 42)], {}, "QuotaExceeded"],
    ["by a quota, for half a minute, one of two is there", [pod(10), refused(QUOTA, 12, 42)], {}, "QuotaExceeded"],
    ["by a quota, until the last pod came", [refused(QUOTA, 11, 20), pod(21)], {}, undefined],
    ["by a webhook, for half a minute", [refused(WEBHOOK, 11, 42)], {}, "PodRefused"],
    ["in an earlier deployment", [refused(QUOTA, 0, 9)], {}, undefined],
    ["in an earlier deployment, and again a moment ago", [refused(QUOTA, 0, 56)], {}, "QuotaExceeded"],
    ["those of another set", [refused(POLICY, 11, 56, "t")], {}, undefined],
    ["as many as are wanted are there", [pod(10), refused(QUOTA, 12, 42)], { wanted: 1 }, undefined],
  ])("%s", (_, items, state, expected) => {
    const [applied, now] = [at(10), "2026-01-01T00:01:00Z"].map(time => Date.parse(time)) as [number, number]
    const found = refusedPods({ ...DONE, wanted: 2, ...state }, Snapshot.parse({ items }), applied, now)
    expect(found?.kind).toBe(expected)
  })
})

describe("a pod below the partition stays as it is", () => {
  test.each<[string, number, boolean]>([
    ["db-4", 5, true],
    ["db-5", 5, false],
    ["db-12", 15, true],
    ["db-20-1", 5, true],
    ["agent-x7k2p", 5, false],
  ])("%s, below %d: %s", (name, partition, stays) => {
    const item = {
      kind: "Pod",
      metadata: { name, uid: name, labels: { "controller-revision-hash": "old" }, ownerReferences: [{ uid: "s" }] },
      status: {},
    }
    const state = { ...DONE, revision: "new", partition }
    const found = obstacles("StatefulSet", state, Snapshot.parse({ items: [item] }), {
      isRollback: true,
      isDoomed: () => false,
    })
    expect(found).toHaveLength(stays ? 0 : 1)
  })
})

test("a set that is not there yet is waited for", () => {
  expect(readSet(undefined)).toEqual({ line: "not there yet", complete: false })
})

describe("the answer of the API server about", () => {
  const metadata = { uid: "s", generation: 2 }
  const live = { metadata: { ...metadata, managedFields: [] } }

  test("a StatefulSet with a partition", () => {
    const spec = { replicas: 3, updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } }
    const status = { observedGeneration: 2, updateRevision: "db-2", updatedReplicas: 1, readyReplicas: 3 }
    expect(SETS.StatefulSet.shape.parse({ metadata, spec, status })).toEqual({
      ...DONE,
      live: { ...live, spec },
      partition: 2,
      updated: 1,
      revision: "db-2",
    })
  })

  test("a StatefulSet that has just been created", () => {
    const spec = { updateStrategy: { type: "OnDelete" } }
    expect(SETS.StatefulSet.shape.parse({ metadata, spec, status: {} })).toMatchObject({
      strategy: "OnDelete",
      observedGeneration: 0,
      wanted: 1,
      partition: 0,
      updated: 0,
      ready: 0,
    })
  })

  test("a DaemonSet, which has as many pods as there are nodes for it", () => {
    const spec = { updateStrategy: { type: "RollingUpdate" } }
    const status = { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 2, numberAvailable: 1 }
    expect(SETS.DaemonSet.shape.parse({ metadata, spec, status })).toEqual({
      ...DONE,
      live: { ...live, spec },
      updated: 2,
      ready: 1,
    })
  })
})
