import { describe, expect, test } from "vitest"

import { PATIENT } from "../../../.dagger/src/status/pod.ts"
import {
  decideSets,
  newestRevision,
  readSet,
  readSetRollout,
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

const NOW = Date.parse("2026-01-01T00:01:00Z")

/** One look at db, of which nothing was there before. */
function look(
  state: Partial<SetState>,
  items: object[],
  { kind = "StatefulSet", before = [] as object[], since = 0, isRollback = false } = {},
) {
  const snapshot = (items: object[]) => Snapshot.parse({ items })
  const options = { before: snapshot(before), since, now: NOW, limits: PATIENT, isRollback }
  return readSetRollout({ kind, name: "db" }, { ...DONE, ...state }, snapshot(items), options)
}

const names = (pods: { metadata: { name: string } }[]) => pods.map(({ metadata }) => metadata.name)

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
    expect(look(state, items, { kind }).warning).toEqual(expected)
  })
})

test("the pods of a release are those that were not there before, whatever they are called", () => {
  const pods = (...uids: string[]) =>
    uids.map(uid => ({
      kind: "Pod",
      metadata: { name: "db-0", uid, ownerReferences: [{ uid: uid === "of-another" ? "t" : "s" }] },
      status: {},
    }))
  const { pods: found } = look({}, pods("old", "new", "of-another"), { before: pods("old") })
  expect(found.map(({ metadata }) => metadata.uid)).toEqual(["new"])
})

describe("the pods that a set has to get rid of", () => {
  const NEVER = { containerStatuses: [{ name: "db", state: { waiting: { reason: "InvalidImageName" } } }] }
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
  const first = pod("db-0", "db-old", "False")
  const others = [
    pod("db-1", "db-old", "True"),
    pod("db-2", "db-new", "False"),
    pod("db-3", "db-old", "False", "2026-01-01T00:00:00Z"),
    { ...first, metadata: { ...first.metadata, name: "web-0", uid: "web-0", ownerReferences: [] } },
  ]

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
    const items = [doomed ? { ...first, status: { ...first.status, ...NEVER } } : first, ...others]
    const { obstacles } = look({ revision: "db-new", ...change }, items, { kind, isRollback })
    expect(names(obstacles)).toEqual(expected)
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
  const BEYOND = `${QUOTA}, requested: pods=2, used: pods=0, limited: pods=1`
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
  const pod = (created: number, uid = "s", phase = "Running") => ({
    kind: "Pod",
    metadata: { name: "db-0", uid: "p", creationTimestamp: at(created), ownerReferences: [{ uid }] },
    status: { phase },
  })
  const created = { ...refused("create Pod db-1 in StatefulSet db successful", 11, 42), reason: "SuccessfulCreate" }

  test.each<[string, object[], Partial<SetState>, string | undefined]>([
    ["none is refused", [], {}, undefined],
    ["by a policy, none is there", [refused(POLICY, 55, 56)], {}, "PodSecurityViolated"],
    ["by a policy, one of two is there", [pod(20), refused(POLICY, 55, 56)], {}, undefined],
    ["by a quota, a moment ago: a pod may have left just now", [refused(QUOTA, 55, 56)], {}, undefined],
    ["by a quota, for half a minute", [refused(QUOTA, 11, 42)], {}, "QuotaExceeded"],
    ["by a quota, for half a minute, one of two is there", [pod(10), refused(QUOTA, 12, 42)], {}, "QuotaExceeded"],
    ["by a quota that never has room for it, a moment ago", [refused(BEYOND, 55, 56)], {}, "QuotaExceeded"],
    [
      "by such a quota, before its controller has seen this release",
      [refused(BEYOND, 55, 56)],
      { observedGeneration: 0 },
      undefined,
    ],
    ["by such a quota, one of two is there", [pod(20), refused(BEYOND, 55, 56)], {}, "QuotaExceeded"],
    ["by a quota, until the last pod came", [refused(QUOTA, 11, 20), pod(21)], {}, undefined],
    ["by a webhook, for half a minute", [refused(WEBHOOK, 11, 42)], {}, "PodRefused"],
    [
      "by a policy, where the pod of another set is there",
      [pod(20, "t"), refused(POLICY, 55, 56)],
      {},
      "PodSecurityViolated",
    ],
    [
      "by a policy, where a pod has ended",
      [pod(20, "s", "Failed"), refused(POLICY, 55, 56)],
      {},
      "PodSecurityViolated",
    ],
    ["by a quota, until the second in which the last pod came", [refused(QUOTA, 11, 21), pod(21)], {}, undefined],
    ["by a quota, for 30 s: it may pass", [refused(QUOTA, 30, 56)], {}, undefined],
    ["by a quota, for more than 30 s", [refused(QUOTA, 29, 56)], {}, "QuotaExceeded"],
    [
      "for two reasons: by the one that came first",
      [pod(10), refused(QUOTA, 12, 42), refused(WEBHOOK, 50, 56)],
      {},
      "QuotaExceeded",
    ],
    [
      "for two reasons, in whatever order they are",
      [pod(10), refused(WEBHOOK, 50, 56), refused(QUOTA, 12, 42)],
      {},
      "QuotaExceeded",
    ],
    ["none is, as another event says", [created], {}, undefined],
    ["in an earlier deployment", [refused(QUOTA, 0, 9)], {}, undefined],
    ["in an earlier deployment, and again a moment ago", [refused(QUOTA, 0, 56)], {}, "QuotaExceeded"],
    ["those of another set", [refused(POLICY, 11, 56, "t")], {}, undefined],
    ["as many as are wanted are there", [pod(10), refused(QUOTA, 12, 42)], { wanted: 1 }, undefined],
  ])("%s", (_, items, state, expected) => {
    const { failure } = look({ wanted: 2, updated: 0, ready: 0, ...state }, items, { since: Date.parse(at(10)) })
    expect(failure?.kind).toBe(expected)
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
    const { obstacles } = look({ revision: "new", partition }, [item], { isRollback: true })
    expect(obstacles).toHaveLength(stays ? 0 : 1)
  })
})

describe("a new pod that never comes up", () => {
  const pod = {
    kind: "Pod",
    metadata: { name: "db-0", uid: "p", ownerReferences: [{ uid: "s" }] },
    status: { containerStatuses: [{ name: "db", state: { waiting: { reason: "InvalidImageName" } } }] },
  }

  test("is the failure of its set, and shows it", () => {
    const { failure, culprit } = look({ ready: 2 }, [pod])
    expect(failure?.kind).toBe("InvalidImageName")
    expect(culprit?.metadata.name).toBe("db-0")
  })

  test("is told before what the API server refuses", () => {
    const refused = {
      kind: "Event",
      involvedObject: { name: "db", uid: "s" },
      reason: "FailedCreate",
      message: "exceeded quota: small",
      firstTimestamp: "2026-01-01T00:00:11Z",
      lastTimestamp: "2026-01-01T00:00:42Z",
    }
    expect(look({ ready: 2 }, [pod, refused]).failure?.kind).toBe("InvalidImageName")
    expect(look({ ready: 2 }, [refused]).failure?.kind).toBe("QuotaExceeded")
  })

  test("says nothing of a set that is complete, or of a release before", () => {
    expect(look({}, [pod]).failure).toBeUndefined()
    expect(look({ ready: 2 }, [pod], { before: [pod] }).failure).toBeUndefined()
  })
})

test("a set that is not there yet is waited for", () => {
  const options = { before: Snapshot.parse({ items: [] }), since: 0, now: NOW, limits: PATIENT, isRollback: true }
  expect(readSetRollout({ kind: "StatefulSet", name: "db" }, undefined, options.before, options)).toEqual({
    line: "not there yet",
    complete: false,
    pods: [],
    obstacles: [],
  })
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

describe("what one look at all the sets of a release leads to", () => {
  const { pods } = look({}, [
    { kind: "Pod", metadata: { name: "db-0", uid: "p", ownerReferences: [{ uid: "s" }] }, status: {} },
  ])
  const set = (name: string, fields: object = {}) => ({ name, complete: true, obstacles: [], ...fields })
  const waiting = set("queue", { complete: false })
  const stuck = set("cache", { obstacles: pods })
  const failing = (name: string) => set(name, { failure: { kind: "DeletedByOther" } })

  test.each([
    ["all are done", [set("db"), set("agent")], { waitingFor: [], deleted: [], complete: true }],
    ["one is waited for", [set("db"), waiting], { waitingFor: ["queue"], deleted: [], complete: false }],
    [
      "a set with a pod that has to go is looked at once more, complete as it is",
      [set("db"), stuck],
      { waitingFor: [], deleted: ["db-0"], complete: false },
    ],
    [
      "pods of a set that has to go on are deleted while others are waited for",
      [stuck, waiting],
      { waitingFor: ["queue"], deleted: ["db-0"], complete: false },
    ],
    [
      "of several that cannot succeed, the first one is told, complete or not",
      [set("db"), failing("agent"), failing("cache")],
      { waitingFor: [], deleted: [], failed: "agent", complete: true },
    ],
  ])("%s", (_, sets, expected) => {
    const { waitingFor, obstacles, failed, complete } = decideSets(sets)
    const found = { waitingFor: waitingFor.map(({ name }) => name), deleted: names(obstacles), complete }
    expect({ ...found, ...(failed && { failed: failed.name }) }).toEqual(expected)
  })
})
