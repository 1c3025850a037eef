import { describe, expect, test } from "vitest"

import { describePod } from "../../../.dagger/src/status/describe.ts"
import { jobFailure } from "../../../.dagger/src/status/job.ts"
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
    [
      "its image has no name",
      [pod({ reason: "InvalidImageName", message: "x" })],
      { kind: "InvalidImageName", message: "x", container: "k6", init: false },
    ],
  ])("%s", (_, items, expected) => {
    expect(jobFailure(Snapshot.parse({ items }), "monitor-1", NOW)).toEqual(expected)
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
