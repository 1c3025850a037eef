import { expect, onTestFinished, test, vi } from "vitest"

import { takeOver } from "../../../.dagger/src/deploy/take-over.ts"
import { fakeKubectl } from "../release/records.ts"

const helm = { manager: "helm", operation: "Update", apiVersion: "v1", fieldsV1: { "f:spec": { "f:type": {} } } }
/** It needs its finalizer, which is nobody else's. */
const operator = { ...helm, manager: "operator", fieldsV1: { "f:metadata": { "f:finalizers": {} } } }
const service = (name: string, ...managedFields: object[]) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, managedFields },
})
const RELEASE = [service("web"), service("api")]

/** What is asked of a cluster whose Service web has a field of Helm's; `refused`: it would not take the release without that. */
async function taking(live: object[], refused = "") {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined)
  onTestFinished(() => log.mockRestore())
  const { kubectl, calls } = fakeKubectl({
    get: () => ({ stdout: JSON.stringify({ items: live }) }),
    apply: () => ({ exitCode: refused ? 1 : 0, stderr: refused }),
  })
  const error = await takeOver(kubectl, RELEASE).then(() => undefined, String)
  const patches = calls
    .filter(call => call.startsWith("patch "))
    .map(
      call =>
        JSON.parse(call.slice(call.indexOf("--patch=") + "--patch=".length)) as { value: { manager: string }[] }[],
    )
  return {
    error,
    objects: calls.filter(call => call.startsWith("patch ")).map(call => call.split(" ")[2]),
    managers: patches.map(([patch]) => patch!.value.map(({ manager }) => manager)),
    log: log.mock.calls.flat(),
  }
}

test("fields of others become the module's, on the objects that have any", async () => {
  expect(await taking([service("web", helm, operator), service("api", operator)])).toEqual({
    error: undefined,
    objects: ["web"],
    managers: [["cloud-native", "operator"]],
    log: ["take over: Service web: fields of helm"],
  })
})

test("where the release would be refused without them, they are given back", async () => {
  const taken = await taking([service("web", helm)], "spec.selector: field is immutable")
  expect(taken.error).toContain("field is immutable")
  expect(taken).toMatchObject({ objects: ["web", "web"], managers: [["cloud-native"], ["helm"]] })
})

test("where there are none, nothing is changed", async () => {
  expect(await taking([service("web")], "not asked")).toEqual({ error: undefined, objects: [], managers: [], log: [] })
})
