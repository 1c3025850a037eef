import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { readRollout } from "../../../.dagger/src/status/deployment.js"
import { Snapshot } from "../../../.dagger/src/status/snapshot.js"
import { ago, condition, NOW, pod, snapshotOf } from "./objects.ts"

const CASES = join(import.meta.dirname, "cases/deployment")
/** The moment of the cases. */
const FIRST_MINUTE = Date.parse("2026-01-01T00:01:00Z")

describe("where a rollout stands", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const read = (file: string) => parse(readFileSync(join(CASES, name, file), "utf8"))
    const limits = existsSync(join(CASES, name, "limits.yaml")) ? read("limits.yaml") : {}
    const { line, complete, failure, culprit, warning } = readRollout(
      Snapshot.parse(read("snapshot.yaml")),
      "backend",
      FIRST_MINUTE,
      { startup: 10, restarts: 2, ...limits },
    )
    expect({ line, complete, failure, culprit: culprit?.metadata.name, warning }).toEqual(read("expected.yaml"))
  })
})

const deployment = (name: string, { revision = "2", spec = {}, status = {}, metadata = {} } = {}) => ({
  kind: "Deployment",
  metadata: {
    name,
    uid: name,
    generation: 1,
    annotations: { "deployment.kubernetes.io/revision": revision },
    ...metadata,
  },
  spec: { replicas: 2, ...spec },
  status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2, ...status },
})
const replicaSet = (name: string, owner: string, revision: string, conditions: object[] = []) => ({
  kind: "ReplicaSet",
  metadata: {
    name,
    uid: name,
    ownerReferences: [{ uid: owner }],
    annotations: { "deployment.kubernetes.io/revision": revision },
  },
  status: { conditions },
})
const podOf = (set: string, name: string, fields: { metadata?: object; status?: object } = {}) =>
  pod(name, { ...fields, metadata: { ownerReferences: [{ uid: set }], ...fields.metadata } })
const autoscaler = (kind: string, name: string, minReplicas: number, conditions: object[] = []) => ({
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "scaler", uid: "scaler" },
  spec: { minReplicas, scaleTargetRef: { kind, name } },
  status: { conditions },
})
const stateOf = (...items: object[]) => readRollout(snapshotOf(...items), "web", NOW, { startup: 10, restarts: 2 })

test("a Deployment that is not there yet has no pods", () => {
  expect(stateOf(deployment("api"))).toEqual({
    deployment: "web",
    line: "not there yet",
    complete: false,
    pods: [],
    old: [],
    ended: [],
  })
})

test("the pods of a rollout are told apart by their ReplicaSet, and a ReplicaSet by its revision", () => {
  const gone = { metadata: { deletionTimestamp: ago(1) } }
  const { replicaSet: newest, ...state } = stateOf(
    deployment("api"),
    deployment("web"),
    replicaSet("web-1", "web", "1"),
    replicaSet("web-2", "web", "2"),
    replicaSet("api-2", "api", "2"),
    podOf("web-1", "old"),
    podOf("web-1", "old-terminating", gone),
    podOf("web-1", "old-evicted", { status: { phase: "Failed" } }),
    podOf("web-2", "new"),
    podOf("web-2", "new-terminating", gone),
    podOf("web-2", "new-evicted", { status: { phase: "Failed" } }),
    podOf("api-2", "of-another"),
    pod("of-none"),
  )
  const names = (pods: { metadata: { name: string } }[]) => pods.map(({ metadata }) => metadata.name)
  expect(newest?.metadata.name).toBe("web-2")
  expect(names(state.pods)).toEqual(["new"])
  expect(names(state.old)).toEqual(["old", "old-terminating"])
  expect(names(state.ended)).toEqual(["new-evicted"])
})

describe("a rollout is complete", () => {
  const terminating = (seconds: number) => podOf("web-1", "old", { metadata: { deletionTimestamp: ago(-seconds) } })
  const sets = [replicaSet("web-1", "web", "1"), replicaSet("web-2", "web", "2")]
  test.each<[string, object[], boolean]>([
    ["where all pods are new and available", [deployment("web")], true],
    ["not before the controller has seen the change", [deployment("web", { metadata: { generation: 2 } })], false],
    ["not where the controller still counts an old pod", [deployment("web", { status: { replicas: 3 } })], false],
    ["not where a pod is not available", [deployment("web", { status: { availableReplicas: 1 } })], false],
    [
      "not where fewer are new than needed, whatever is counted as available",
      [deployment("web", { status: { replicas: 1, updatedReplicas: 1 } })],
      false,
    ],
    ["not while an old pod serves", [deployment("web"), ...sets, podOf("web-1", "old")], false],
    ["not while an old pod ends within 60 s", [deployment("web"), ...sets, terminating(60)], false],
    ["where an old pod ends later than in 60 s", [deployment("web"), ...sets, terminating(60.001)], true],
    ["not at the end of an old pod's grace", [deployment("web"), ...sets, terminating(0)], false],
    ["where an old pod's grace is over", [deployment("web"), ...sets, terminating(-0.001)], true],
    [
      "where an autoscaler's minimum is available",
      [deployment("web", { status: { availableReplicas: 1 } }), autoscaler("Deployment", "web", 1)],
      true,
    ],
    [
      "not by the autoscaler of another Deployment",
      [deployment("web", { status: { availableReplicas: 1 } }), autoscaler("Deployment", "api", 1)],
      false,
    ],
    [
      "not by the autoscaler of a StatefulSet of the name",
      [deployment("web", { status: { availableReplicas: 1 } }), autoscaler("StatefulSet", "web", 1)],
      false,
    ],
  ])("%s", (_, items, expected) => {
    expect(stateOf(...items).complete).toBe(expected)
  })
})

describe("an autoscaler", () => {
  const scaling = (status: "True" | "False", reason: string, type = "ScalingActive") =>
    condition(type, status, 10, { reason, message: "why" })
  test.each<[string, object[], string | undefined]>([
    ["that scales", [scaling("True", "ValidMetricFound")], undefined],
    ["that does not", [scaling("False", "InvalidSelector")], "its autoscaler does not scale it: why"],
    ["that gives no reason", [condition("ScalingActive", "False", 10)], "its autoscaler does not scale it: "],
    ["that has no metrics yet", [scaling("False", "FailedGetResourceMetric")], undefined],
    ["that is at a limit", [scaling("False", "TooFewReplicas", "ScalingLimited")], undefined],
    [
      "that does not scale, as the last of its conditions says",
      [scaling("True", "ReadyForNewScale", "AbleToScale"), scaling("False", "InvalidSelector")],
      "its autoscaler does not scale it: why",
    ],
  ])("%s", (_, conditions, expected) => {
    expect(stateOf(deployment("web"), autoscaler("Deployment", "web", 2, conditions)).warning).toBe(expected)
  })
})

test("old pods that are not waited for are named, with the end of their grace", () => {
  const old = (name: string) => podOf("web-1", name, { metadata: { deletionTimestamp: ago(-3600) } })
  expect(stateOf(deployment("web"), replicaSet("web-1", "web", "1"), old("a"), old("b")).warning).toBe(
    `old pods are still terminating: a (its grace ends at ${ago(-3600)}), b (its grace ends at ${ago(-3600)})`,
  )
})

describe("a part of a release that does not come up", () => {
  const unready = { updatedReplicas: 2, availableReplicas: 1 }
  const sets = [deployment("web", { status: unready }), replicaSet("web-2", "web", "2")]
  const broken = (name: string, seconds?: number) =>
    podOf("web-2", name, {
      status: {
        conditions: [
          condition("PodScheduled", "True", 300),
          ...(seconds === undefined ? [] : [condition("Ready", "False", seconds)]),
        ],
        containerStatuses: [{ name: "web", state: { waiting: { reason: "InvalidImageName", message: name } } }],
      },
    })
  test.each<[string, object[], string | undefined]>([
    ["fails at once where it is all", [broken("a", 1)], "a"],
    ["is given 60 s where the rest comes up", [broken("a", 60), podOf("web-2", "fine")], undefined],
    ["fails after more than 60 s", [podOf("web-2", "fine"), broken("a", 60.001)], "a"],
    ["is the one that has been broken for longer", [podOf("web-2", "fine"), broken("a", 1), broken("b", 61)], "b"],
    ["counts from its creation where it has no condition", [podOf("web-2", "fine"), broken("a")], "a"],
  ])("%s", (_, pods, expected) => {
    const { failure, culprit } = stateOf(...sets, ...pods)
    expect(failure?.kind).toBe(expected && "InvalidImageName")
    expect(culprit?.metadata.name).toBe(expected)
  })
})

describe("pods that the API server refuses", () => {
  const QUOTA = 'pods "web-x" is forbidden: exceeded quota: small'
  const BEYOND = `${QUOTA}, requested: pods=2, used: pods=0, limited: pods=1`
  const POLICY = 'pods "web-x" is forbidden: violates PodSecurity "restricted:latest"'
  const AWAY = "Internal error occurred: failed calling webhook"
  const refused = (
    message: string,
    seconds: number,
    { type = "ReplicaFailure", status = "True" as const, date = {} } = {},
  ) => replicaSet("web-2", "web", "2", [condition(type, status, seconds, { message, ...date })])
  const leaving = podOf("web-1", "old", { metadata: { deletionTimestamp: ago(-10) } })
  const unfinished = deployment("web", { status: { updatedReplicas: 0 } })
  test.each<[string, object[], string | undefined]>([
    ["for good fail the rollout at once", [refused(POLICY, 0)], "PodSecurityViolated"],
    ["for the quota fail it at once", [refused(QUOTA, 0)], "QuotaExceeded"],
    ["for the quota are given time while a pod leaves", [refused(QUOTA, 30), leaving], undefined],
    ["for a quota that never has room for one fail it all the same", [refused(BEYOND, 0), leaving], "QuotaExceeded"],
    ["for the quota fail it after more than 30 s", [refused(QUOTA, 30.001), leaving], "QuotaExceeded"],
    ["for good are given no time while a pod leaves", [refused(POLICY, 0), leaving], "PodSecurityViolated"],
    ["for now are given 30 s", [refused(AWAY, 30)], undefined],
    ["for now fail it after more than 30 s", [refused(AWAY, 30.001)], "PodRefused"],
    ["after others were created are given 60 s", [refused(POLICY, 60), podOf("web-2", "fine")], undefined],
    [
      "after others were created fail it later",
      [refused(POLICY, 60.001), podOf("web-2", "fine")],
      "PodSecurityViolated",
    ],
    ["once, and not any more, are no failure", [refused(POLICY, 99, { status: "False" as never })], undefined],
    ["are not told by another condition", [refused(POLICY, 99, { type: "Other" })], undefined],
    [
      "without a date are judged by what is known",
      [refused(AWAY, 99, { date: { lastTransitionTime: null } })],
      undefined,
    ],
  ])("%s", (_, items, expected) => {
    expect(stateOf(unfinished, replicaSet("web-1", "web", "1"), ...items).failure?.kind).toBe(expected)
  })
})

test("the progress deadline ends a rollout that nothing else does", () => {
  const conditions = [
    condition("Available", "False", 10, { reason: "MinimumReplicasUnavailable" }),
    condition("Progressing", "False", 10, { reason: "ProgressDeadlineExceeded", message: "timed out" }),
  ]
  expect(stateOf(deployment("web", { status: { availableReplicas: 0, conditions } })).failure).toEqual({
    kind: "DeadlineExceeded",
    message: "timed out",
  })
})
