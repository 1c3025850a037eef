import { expect, test } from "vitest"

import { Config } from "../../../.dagger/src/config/schema.ts"
import { assertMonitorAdmitted, podRefusal } from "../../../.dagger/src/preflight/monitor-pod.ts"
import { fakeKubectl } from "../release/records.ts"

const LIMIT =
  'Error from server (Forbidden): pods "cloud-native-monitor" is forbidden: maximum cpu usage per Container is 500m, but limit is 1'

test.each([
  ["a LimitRange", LIMIT, "maximum cpu usage per Container is 500m, but limit is 1"],
  [
    "a quota",
    'Error from server (Forbidden): pods "cloud-native-monitor" is forbidden: exceeded quota: small, requested: pods=1',
    "exceeded quota: small, requested: pods=1",
  ],
  [
    "a policy",
    'Error from server (BadRequest): admission webhook "images.example.com" denied the request: not our registry',
    'admission webhook "images.example.com" denied the request: not our registry',
  ],
  [
    "what the caller may not do, which says nothing",
    'Error from server (Forbidden): pods "cloud-native-monitor" is forbidden: User "deployer" cannot patch resource "pods"',
    undefined,
  ],
  ["nothing", "", undefined],
])("the API server says of the monitor's pod: %s", (_, stderr, expected) => {
  expect(podRefusal(stderr)).toBe(expected)
})

test("a namespace that refuses the monitor's pod is told before anything is built, with the setting", async () => {
  const { kubectl, calls } = fakeKubectl({ apply: () => ({ exitCode: 1, stderr: LIMIT }) })
  await expect(assertMonitorAdmitted(kubectl, Config.parse({}))).rejects.toMatchObject({
    code: "MONITOR_FAILED",
    fix: expect.stringContaining("monitor.resources"),
  })
  expect(calls).toEqual([expect.stringMatching(/^apply Pod cloud-native-monitor .*--dry-run=server/)])
})
