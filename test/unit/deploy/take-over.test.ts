import { expect, onTestFinished, test, vi } from "vitest"

import { takeOver } from "../../../.dagger/src/deploy/take-over.ts"
import type { Release } from "../../../.dagger/src/manifests/render.ts"
import type { Present } from "../../../.dagger/src/release/live-objects.ts"
import { fakeKubectl, object } from "../release/records.ts"

const helm = { manager: "helm", operation: "Update", apiVersion: "v1", fieldsV1: { "f:spec": { "f:type": {} } } }
/** It needs its finalizer, which is nobody else's. */
const operator = { ...helm, manager: "operator", fieldsV1: { "f:metadata": { "f:finalizers": {} } } }
const service = (name: string, ...managedFields: object[]) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, managedFields },
})
const RELEASE: Release = {
  config: [],
  secrets: [],
  migrations: [],
  objects: [service("web"), service("api")],
  workloads: [],
  secretName: "",
}

/** What is asked of a cluster whose Service web has a field of Helm's; `refused`: it would not take the release without that. */
async function taking(live: object[], refused = "", there: Present[] = []) {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined)
  onTestFinished(() => log.mockRestore())
  const { kubectl, calls } = fakeKubectl({
    get: () => ({ stdout: JSON.stringify({ items: live }) }),
    apply: () => ({ exitCode: refused ? 1 : 0, stderr: refused }),
  })
  const [taken, error] = await takeOver(kubectl, RELEASE, there).then(
    taken => [taken],
    (problem: unknown) => [undefined, String(problem)],
  )
  const patches = calls
    .filter(call => call.startsWith("patch "))
    .map(
      call =>
        JSON.parse(call.slice(call.indexOf("--patch=") + "--patch=".length)) as { value: { manager: string }[] }[],
    )
  return {
    taken,
    error,
    objects: calls.filter(call => call.startsWith("patch ")).map(call => call.split(" ")[2]),
    managers: patches.map(([patch]) => patch!.value.map(({ manager }) => manager)),
    log: log.mock.calls.flat(),
  }
}

test("fields of others become the module's, on the objects that have any", async () => {
  expect(await taking([service("web", helm, operator), service("api", operator)])).toEqual({
    taken: [{ object: "Service web", managers: ["helm"] }],
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

test("it is told whose the objects were", async () => {
  const there = (name: string, more: Partial<Present>): Present => ({
    ...object("Service", name),
    managed: false,
    ...more,
  })
  const owners = [
    there("web", { helm: "shop-api" }),
    there("api", { owner: "store" }),
    there("mine", { managed: true }),
  ]
  const { taken, log } = await taking([service("web", helm), service("api")], "", owners)
  expect(taken).toEqual([
    { object: "Service web", owner: "the Helm release shop-api", managers: ["helm"] },
    { object: "Service api", owner: "the name store", managers: [] },
  ])
  expect(log).toEqual([
    "take over: Service web, from the Helm release shop-api (fields of helm)",
    "take over: Service api, from the name store",
  ])
})

test("an object that its controller has changed meanwhile is read once more", async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined)
  onTestFinished(() => void vi.restoreAllMocks())
  let patches = 0
  const { kubectl, calls } = fakeKubectl({
    get: () => ({ stdout: JSON.stringify(service("web", helm)) }),
    patch: () => (patches++ === 0 ? { exitCode: 1, stderr: "Conflict: the object has been modified" } : {}),
  })
  expect(await takeOver(kubectl, RELEASE, [])).toEqual([{ object: "Service web", managers: ["helm"] }])
  expect(calls.map(call => call.split(" ")[0])).toEqual(["get", "patch", "get", "patch", "apply"])
})

test("where there are none, nothing is changed", async () => {
  expect(await taking([service("web")])).toEqual({ taken: [], error: undefined, objects: [], managers: [], log: [] })
})
