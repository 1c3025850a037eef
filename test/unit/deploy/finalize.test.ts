import { expect, test, vi } from "vitest"

import { conclude, finish } from "../../../.dagger/src/deploy/finalize.ts"
import type { Report } from "../../../.dagger/src/report/report.ts"
import { entry, fakeKubectl, object, presentLine, record } from "../release/records.ts"
import { builderOf } from "./builder.ts"

test("a monitor whose log cannot be read any more is stopped all the same", async () => {
  const stop = vi.fn(async () => undefined)
  await conclude(builderOf("1"), { soFar: () => Promise.reject(new Error("no log")), stop })
  expect(stop).toHaveBeenCalledOnce()
})

test("a monitor that cannot be removed hides nothing of what it saw", async () => {
  const seen = { percent: 100 } as NonNullable<Report["availability"]>
  const ended = builderOf("1")
  await conclude(ended, { soFar: async () => seen, stop: () => Promise.reject(new Error("no")) })
  expect(ended.report.availability).toBe(seen)
})

test("a success is recorded before anything is pruned; failures to prune are in the report, and old releases are removed", async () => {
  const cron = object("Deployment", "cron")
  const labels = { "cloud-native/record": "report", "cloud-native/name": "shop" }
  const stored = Array.from({ length: 11 }, (_, index) => [
    record(entry(`${10 + index}`, "succeeded")),
    { kind: "ConfigMap" as const, metadata: { name: `cloud-native-report-${10 + index}`, labels } },
  ])
  const { kubectl, calls } = fakeKubectl(
    {
      get: () => ({ stdout: presentLine(cron, "shop") }),
      delete: names => (names.length > 0 ? { exitCode: 1, stderr: "no" } : {}),
    },
    stored.flat(),
  )
  const ended = builderOf("30")
  await finish(kubectl, ended, "succeeded", [cron])
  expect(calls.map(call => call.split(" --")[0])).toEqual([
    "label secret cloud-native-release-30 cloud-native/outcome=succeeded",
    "get Deployment cron",
    "delete Deployment cron",
    "apply ConfigMap cloud-native-report-30",
    "delete configmap/cloud-native-report-10 configmap/cloud-native-report-11",
    "delete secret/cloud-native-release-10",
  ])
  expect(ended.report).toMatchObject({ outcome: "succeeded", leftovers: ["no"] })
})

test.each([
  ["rolled-back", undefined, []],
  ["rolled-back", "no route to host", ["annotate secret cloud-native-release-30 cloud-native/left=parts"]],
  ["kept-new", undefined, ["annotate secret cloud-native-release-30 cloud-native/left=serving"]],
] as const)("what a failure leaves is recorded: %s, %s", async (action, problem, expected) => {
  const { kubectl, calls } = fakeKubectl({})
  const ended = builderOf("30")
  ended.setRecovery({ action, ...(problem && { problem }) })
  await finish(kubectl, ended, "failed")
  const [label] = ["label secret cloud-native-release-30 cloud-native/outcome=failed"]
  expect(calls.map(call => call.split(" --")[0]).slice(0, expected.length + 1)).toEqual([...expected, label])
})

test("a report is written also where those that nobody needs cannot be removed", async () => {
  const { kubectl, calls } = fakeKubectl({})
  const listMetadata = () => Promise.reject(new Error("may not list"))
  const refusing = { ...kubectl, api: async () => ({ listMetadata }) } as unknown as typeof kubectl
  await expect(finish(refusing, builderOf("30"), "failed")).rejects.toThrow("may not list")
  expect(calls.at(-1)).toMatch(/^apply ConfigMap cloud-native-report-30/)
})
