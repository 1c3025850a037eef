import { describe, expect, test } from "vitest"

import { describePod } from "../../../.dagger/src/status/describe.ts"
import {
  hasCompleted,
  isComplete,
  isDone,
  isExhausted,
  jobFailure,
  jobOf,
  podsOfJob,
} from "../../../.dagger/src/status/job.ts"
import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"

const NOW = Date.parse("2026-01-01T00:01:00Z")
const QUOTA =
  'Error creating: pods "monitor-1-x" is forbidden: exceeded quota: small, requested: limits.cpu=1, used: limits.cpu=3, limited: limits.cpu=3'
const pod = (waiting: object) => ({
  kind: "Pod",
  metadata: { name: "monitor-1-x", uid: "x", labels: { "batch.kubernetes.io/job-name": "monitor-1" } },
  status: { containerStatuses: [{ name: "k6", state: { waiting } }] },
})
const refused = (message: string, name = "monitor-1") => ({
  kind: "Event",
  metadata: { name: "e", uid: "e" },
  involvedObject: { name },
  reason: "FailedCreate",
  message,
})

describe("a Job that will never run", () => {
  test.each<[string, object[], ReturnType<typeof jobFailure>]>([
    ["no pod yet", [], undefined],
    ["its pod is refused", [refused(QUOTA)], { kind: "QuotaExceeded", message: QUOTA }],
    ["it was refused, and is there now", [refused(QUOTA), pod({ reason: "ContainerCreating" })], undefined],
    ["the pod of another one is refused", [refused(QUOTA, "monitor-2")], undefined],
    [
      "the pod of a Job whose name begins alike cannot start",
      [
        {
          ...pod({ reason: "InvalidImageName", message: "x" }),
          metadata: { name: "monitor-1-2-x", uid: "x", labels: { "batch.kubernetes.io/job-name": "monitor-1-2" } },
        },
      ],
      undefined,
    ],
    ["another try may help", [refused("Internal error occurred")], undefined],
    ["the API server has just begun", [refused('pods "x" is forbidden: not yet ready to handle request')], undefined],
    ["its quota has just come", [refused('pods "x" is forbidden: status unknown for quota: small')], undefined],
    ["another reason is given", [{ ...refused(QUOTA), reason: "SuccessfulCreate" }], undefined],
    [
      "its pod is refused, and each other try may help",
      [refused("Internal error occurred"), refused(QUOTA)],
      { kind: "QuotaExceeded", message: QUOTA },
    ],
    [
      "one of its pods cannot start, and another one may",
      [
        pod({ reason: "InvalidImageName", message: "x" }),
        { ...pod({ reason: "ContainerCreating" }), metadata: { ...pod({}).metadata, name: "monitor-1-y", uid: "y" } },
      ],
      undefined,
    ],
    [
      "one of its pods has failed, and the next one cannot start",
      [
        { ...pod({}), status: { phase: "Failed" }, metadata: { ...pod({}).metadata, name: "monitor-1-y", uid: "y" } },
        pod({ reason: "InvalidImageName", message: "x" }),
      ],
      { kind: "InvalidImageName", message: "x", container: "k6", init: false },
    ],
    [
      "its image has no name",
      [pod({ reason: "InvalidImageName", message: "x" })],
      { kind: "InvalidImageName", message: "x", container: "k6", init: false },
    ],
  ])("%s", (_, items, expected) => {
    expect(jobFailure(Snapshot.parse({ items }), "monitor-1", NOW)).toEqual(expected)
  })
})

describe("a Job with a pod that has run", () => {
  const job = {
    kind: "Job",
    metadata: { name: "migrate", uid: "j" },
    spec: { template: { spec: { containers: [{ name: "migration" }] } } },
  }
  const terminated = (exitCode: number) => ({ exitCode, finishedAt: "2026-01-01T00:00:50Z" })
  const ran = (statuses: object[], restartPolicy = "OnFailure") => ({
    kind: "Pod",
    metadata: { name: "migrate-x", uid: "x", ownerReferences: [{ uid: "j" }] },
    spec: { restartPolicy },
    status: { phase: "Running", containerStatuses: statuses },
  })
  const proxy = { name: "proxy", ready: true, state: { running: { startedAt: "2026-01-01T00:00:40Z" } } }
  const held = (exitCode: number) => ({
    kind: "SidecarRuns",
    container: "migration",
    init: false,
    exitCode,
    sidecar: "proxy",
  })
  test.each<[string, object, object | undefined]>([
    [
      "failed once and completed, before the Job says so",
      ran([{ name: "migration", restartCount: 1, state: { terminated: terminated(0) } }]),
      undefined,
    ],
    [
      "fails within its backoffLimit",
      ran([
        {
          name: "migration",
          restartCount: 4,
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: { terminated: terminated(1) },
        },
      ]),
      undefined,
    ],
    ["completed beside a sidecar", ran([{ name: "migration", state: { terminated: terminated(0) } }, proxy]), held(0)],
    [
      "failed for good beside a sidecar",
      ran([{ name: "migration", state: { terminated: terminated(3) } }, proxy], "Never"),
      held(3),
    ],
    [
      "failed beside a sidecar, and restarts",
      ran([{ name: "migration", state: { terminated: terminated(3) } }, proxy]),
      undefined,
    ],
    [
      "completed beside a sidecar that has 5 s to end",
      ran([{ name: "migration", state: { terminated: { exitCode: 0, finishedAt: "2026-01-01T00:00:55Z" } } }, proxy]),
      undefined,
    ],
    [
      "completed beside a sidecar, at a time that is not known",
      ran([{ name: "migration", state: { terminated: { exitCode: 0 } } }, proxy]),
      undefined,
    ],
    [
      "completed beside a sidecar that has ended too",
      ran([
        { name: "migration", state: { terminated: terminated(0) } },
        { name: "proxy", state: { terminated: terminated(0) } },
      ]),
      undefined,
    ],
    [
      "completed beside a sidecar that crashes",
      ran([
        { name: "migration", state: { terminated: terminated(0) } },
        { name: "proxy", restartCount: 3, state: { waiting: { reason: "CrashLoopBackOff" } } },
      ]),
      held(0),
    ],
    [
      "completed beside a sidecar whose image cannot be pulled",
      ran([
        { name: "migration", state: { terminated: terminated(0) } },
        { name: "proxy", state: { waiting: { reason: "ImagePullBackOff", message: "not found" } } },
      ]),
      held(0),
    ],
    ["has only a sidecar so far", ran([proxy]), undefined],
    ["runs beside a sidecar", ran([{ name: "migration", state: { running: {} } }, proxy]), undefined],
  ])("%s", (_, pod, expected) => {
    expect(jobFailure(Snapshot.parse({ items: [job, pod] }), "migrate", NOW)).toEqual(expected)
  })
})

describe("a Job with two containers beside a sidecar", () => {
  const job = {
    kind: "Job",
    metadata: { name: "migrate", uid: "j" },
    spec: { template: { spec: { containers: [{ name: "first" }, { name: "second" }] } } },
  }
  const ended = (name: string, exitCode: number) => ({
    name,
    state: { terminated: { exitCode, finishedAt: "2026-01-01T00:00:50Z" } },
  })
  const runs = (name: string) => ({ name, ready: true, state: { running: { startedAt: "2026-01-01T00:00:40Z" } } })
  test.each<[string, object[], object | undefined]>([
    ["ends when both have ended", [ended("first", 0), runs("second"), runs("proxy")], undefined],
    [
      "shows the one that failed",
      [ended("first", 0), ended("second", 3), runs("proxy")],
      { kind: "SidecarRuns", container: "second", init: false, exitCode: 3, sidecar: "proxy" },
    ],
    [
      "shows the first one where none failed",
      [ended("first", 0), ended("second", 0), runs("proxy")],
      { kind: "SidecarRuns", container: "first", init: false, exitCode: 0, sidecar: "proxy" },
    ],
  ])("%s", (_, containerStatuses, expected) => {
    const pod = {
      kind: "Pod",
      metadata: { name: "migrate-x", uid: "x", ownerReferences: [{ uid: "j" }] },
      spec: { restartPolicy: "Never" },
      status: { phase: "Running", containerStatuses },
    }
    expect(jobFailure(Snapshot.parse({ items: [job, pod] }), "migrate", NOW)).toEqual(expected)
  })

  test("is held where one of its pods is", () => {
    const pod = (uid: string, containerStatuses: object[]) => ({
      kind: "Pod",
      metadata: { name: uid, uid, ownerReferences: [{ uid: "j" }] },
      spec: { restartPolicy: "Never" },
      status: { phase: "Running", containerStatuses },
    })
    const items = [
      job,
      pod("runs", [runs("first"), runs("second"), runs("proxy")]),
      pod("held", [ended("first", 0), ended("second", 0), runs("proxy")]),
    ]
    expect(jobFailure(Snapshot.parse({ items }), "migrate", NOW)?.kind).toBe("SidecarRuns")
  })
})

describe("a Job beside a sidecar has done its work", () => {
  const job = (spec = {}) =>
    Snapshot.parse({
      items: [{ kind: "Job", metadata: { name: "migrate", uid: "j" }, spec: { template: { spec: {} }, ...spec } }],
    }).items[0] as Parameters<typeof isDone>[0]
  const held = (exitCode: number) => ({
    kind: "SidecarRuns" as const,
    container: "migration",
    init: false as const,
    exitCode,
    sidecar: "daprd",
  })
  test.each<[string, Parameters<typeof isDone>, boolean]>([
    ["where its own container has succeeded", [job(), held(0)], true],
    ["not where that has failed", [job(), held(1)], false],
    ["not where it is to run more often", [job({ completions: 2 }), held(0)], false],
    ["not where it could not run at all", [job(), { kind: "QuotaExceeded", message: "x" }], false],
    [
      "not where its container ends again and again, whatever its exit code",
      [job(), { kind: "CrashLoop", container: "migration", init: false, exitCode: 0 }],
      false,
    ],
  ])("%s", (_, [of, failure], expected) => {
    expect(isDone(of, failure)).toBe(expected)
  })
})

describe("a Job is complete", () => {
  test.each<[string, { type: string; status: string }[], Record<string, string>, boolean]>([
    ["where its condition says so", [{ type: "Complete", status: "True" }], {}, true],
    ["not where its condition denies it", [{ type: "Complete", status: "False" }], {}, false],
    ["not where it has failed", [{ type: "Failed", status: "True" }], {}, false],
    ["not while it has no condition", [], {}, false],
    ["where it has done its work beside a sidecar", [], { "cloud-native/done": "true" }, true],
  ])("%s", (_, conditions, annotations, expected) => {
    expect(isComplete({ metadata: { annotations }, status: { conditions } })).toBe(expected)
  })
})

describe("the pods of a Job", () => {
  const owned = (name: string, metadata: object) => ({
    kind: "Pod",
    metadata: { name, uid: name, ...metadata },
    status: {},
  })
  const job = { kind: "Job", metadata: { name: "migrate", uid: "j" }, spec: { template: { spec: {} } } }
  test.each<[string, object[], string[]]>([
    ["by its label", [owned("a", { labels: { "batch.kubernetes.io/job-name": "migrate" } })], ["a"]],
    ["by the label of clusters before 1.27", [owned("a", { labels: { "job-name": "migrate" } })], ["a"]],
    ["by their owner", [job, owned("a", { ownerReferences: [{ uid: "j" }] })], ["a"]],
    ["not by their name", [job, owned("migrate-a", {}), owned("migrate", {})], []],
    [
      "not those of a Job whose name begins alike",
      [
        job,
        owned("migrate-2-a", {
          labels: { "batch.kubernetes.io/job-name": "migrate-2" },
          ownerReferences: [{ uid: "k" }],
        }),
      ],
      [],
    ],
    [
      "the newest last, and one of no date first",
      ["2026-01-01T00:00:02Z", "2026-01-01T00:00:01Z", undefined, "2026-01-01T00:00:03Z"].map((creationTimestamp, i) =>
        owned("abcd"[i]!, { labels: { "job-name": "migrate" }, creationTimestamp }),
      ),
      ["c", "b", "a", "d"],
    ],
  ])("are found %s", (_, items, expected) => {
    expect(podsOfJob(Snapshot.parse({ items }), "migrate").map(({ metadata }) => metadata.name)).toEqual(expected)
  })
})

describe("a Job that is gone had completed", () => {
  const event = (fields: object) => ({
    kind: "Event",
    involvedObject: { name: "migrate" },
    reason: "Completed",
    lastTimestamp: "2026-01-01T00:00:59Z",
    ...fields,
  })
  test.each<[string, object[], boolean]>([
    ["where an event of this run says so", [event({})], true],
    ["where one of several events says so", [event({ reason: "SuccessfulCreate" }), event({})], true],
    ["at the begin, since dates are whole seconds", [event({ lastTimestamp: "2026-01-01T00:00:29Z" })], true],
    ["not in an earlier run", [event({ lastTimestamp: "2026-01-01T00:00:28.999Z" })], false],
    ["not where the event has no date", [event({ lastTimestamp: undefined })], false],
    ["not where another one has", [event({ involvedObject: { name: "migrate-2" } })], false],
    ["not where its pod was created", [event({ reason: "SuccessfulCreate" })], false],
    ["not where nothing says so", [], false],
  ])("%s", (_, items, expected) => {
    expect(hasCompleted(Snapshot.parse({ items }), "migrate", NOW - 30_000)).toBe(expected)
  })
})

test("of a pod that the cluster has taken away it is said why", () => {
  const conditions = [
    {
      type: "DisruptionTarget",
      status: "True",
      reason: "TerminationByKubelet",
      message: "The node was low on resource: memory.",
    },
  ]
  const { items } = Snapshot.parse({
    items: [{ kind: "Pod", metadata: { name: "a", uid: "a" }, status: { conditions } }],
  })
  expect(describePod(items[0] as never)).toEqual([
    "pod a:",
    "  taken away (TerminationByKubelet): The node was low on resource: memory.",
  ])
})

describe("a Job of which more pods have failed than it allows", () => {
  const job = (spec: object) => ({
    kind: "Job",
    metadata: { name: "migrate", uid: "j" },
    spec: { template: {}, ...spec },
  })
  const failed = (name: string, more: { phase?: string; owner?: string } = {}) => ({
    kind: "Pod",
    metadata: {
      name,
      uid: name,
      labels: { "job-name": "migrate" },
      ownerReferences: [{ uid: more.owner ?? "j" }],
    },
    status: { phase: more.phase ?? "Failed" },
  })
  test.each<[string, object, object[], boolean]>([
    ["one, of none that may", { backoffLimit: 0 }, [failed("a")], true],
    ["one, of one that may", { backoffLimit: 1 }, [failed("a")], false],
    ["two, of one that may", { backoffLimit: 1 }, [failed("a"), failed("b")], true],
    ["six, of those that may by default", {}, [..."abcdef"].map(name => failed(name)), false],
    ["seven, of those that may by default", {}, [..."abcdefg"].map(name => failed(name)), true],
    ["its pod runs", { backoffLimit: 0 }, [failed("a", { phase: "Running" })], false],
    ["its pod has succeeded", { backoffLimit: 0 }, [failed("a", { phase: "Succeeded" })], false],
    ["the pod of an earlier Job of that name", { backoffLimit: 0 }, [failed("a", { owner: "earlier" })], false],
    ["a policy says which failures count", { backoffLimit: 0, podFailurePolicy: { rules: [] } }, [failed("a")], false],
  ])("%s", (_, spec, pods, expected) => {
    const snapshot = Snapshot.parse({ items: [job(spec), ...pods] })
    expect(isExhausted(snapshot, jobOf(snapshot, "migrate")!)).toBe(expected)
  })
})
