import { describe, expect, test } from "vitest"

import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"
import { unfinishedJobs } from "../../../.dagger/src/status/unfinished.ts"

const job = (type?: string, status = "True", annotations = {}) => ({
  kind: "Job",
  metadata: { name: "migrate", uid: "j", annotations },
  spec: { template: { spec: {} } },
  status: { conditions: type ? [{ type, status }] : [] },
})
const pod = (phase: string) => ({
  kind: "Pod",
  metadata: { name: "migrate-x", uid: "x", labels: { "batch.kubernetes.io/job-name": "migrate" } },
  status: { phase },
})

describe("a Job still runs", () => {
  test.each<[string, object[], boolean]>([
    ["with a pod", [job(), pod("Running")], true],
    ["before it has a pod", [job()], true],
    ["not once it is complete", [job("Complete"), pod("Succeeded")], false],
    ["not once it has failed", [job("Failed"), pod("Failed")], false],
    ["where it has failed, and its pod terminates", [job("Failed"), pod("Running")], true],
    ["where it was deleted, and its pod terminates", [pod("Running")], true],
    ["while it is suspended", [job("Suspended")], true],
    [
      "not where it is suspended since it has done its work beside a sidecar",
      [job("Suspended", "True", { "cloud-native/done": "true" }), pod("Running")],
      false,
    ],
    ["where it is not complete yet, as its condition says", [job("Complete", "False")], true],
    ["where it has not failed, as its condition says", [job("Failed", "False")], true],
    ["not where it was deleted, and its pod had succeeded", [pod("Succeeded")], false],
    ["not where it was deleted, and its pod had failed", [pod("Failed")], false],
    ["not where it is gone", [], false],
  ])("%s", (_, items, expected) => {
    expect(unfinishedJobs(Snapshot.parse({ items }), ["migrate", "of-another"])).toEqual(expected ? ["migrate"] : [])
  })
})
