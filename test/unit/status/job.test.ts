import { describe, expect, test } from "vitest"

import { describePod } from "../../../.dagger/src/status/describe.ts"
import { hasCompleted, jobFailure } from "../../../.dagger/src/status/job.ts"
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
    ["runs beside a sidecar", ran([{ name: "migration", state: { running: {} } }, proxy]), undefined],
  ])("%s", (_, pod, expected) => {
    expect(jobFailure(Snapshot.parse({ items: [job, pod] }), "migrate", NOW)).toEqual(expected)
  })
})

test.each([
  ["2026-01-01T00:00:59Z", true],
  ["2025-12-31T23:30:00Z", false],
])("a Job that is gone had completed if the event of %s is of this run", (lastTimestamp, expected) => {
  const event = { kind: "Event", involvedObject: { name: "migrate" }, reason: "Completed", lastTimestamp }
  expect(hasCompleted(Snapshot.parse({ items: [event] }), "migrate", NOW - 30_000)).toBe(expected)
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
