import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"

import { isOther, isOwn } from "../../../.dagger/src/kubernetes/managed-fields.ts"
import { type ManagedObject, readObjects } from "../../../.dagger/src/kubernetes/managed-objects.ts"
import { asTakenOver, ownershipPatch, patchTo, takenOver } from "../../../.dagger/src/kubernetes/take-over.ts"

const CASES = join(import.meta.dirname, "cases/take-over")

describe.each(readdirSync(CASES))("%s", name => {
  const read = (file: string) => readFileSync(join(CASES, name, `${file}.json`), "utf8")
  const [[live], [alone]] = [readObjects(read("live")), readObjects(read("alone"))] as [
    [ManagedObject],
    [ManagedObject],
  ]
  const expected = JSON.parse(read("expected")) as { managers: string[]; metadata: object; spec: object }

  test("fields of others become the module's, on the object as it was read", () => {
    const [managers, version] = ownershipPatch(live)!
    expect(managers).toMatchObject({ op: "replace", path: "/metadata/managedFields" })
    expect((managers!.value as { manager: string }[]).map(({ manager }) => manager)).toEqual(expected.managers)
    expect(version).toEqual({ op: "replace", path: "/metadata/resourceVersion", value: "7" })
  })

  test("the apply that follows leaves what the manifests say", () => {
    const taken = asTakenOver(live, alone)!
    const { name: _, resourceVersion: __, managedFields: ___, ...metadata } = taken.metadata
    expect({ metadata, spec: taken.spec }).toEqual({ metadata: expected.metadata, spec: expected.spec })
  })

  test("it is this module's but for what stays with its manager", () => {
    const after = takenOver(live.metadata.managedFields)!
    expect(after.filter(isOwn)).toHaveLength(1)
    expect(takenOver(after)).toBeUndefined()
    expect(after.filter(isOther).map(({ manager }) => manager)).toEqual(
      expected.managers.filter(manager => ["helm", "kubectl-rollout"].includes(manager)),
    )
  })
})

test("an object that is nobody else's is not taken over", () => {
  const object: ManagedObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", resourceVersion: "7", managedFields: [] },
  }
  expect([ownershipPatch(object), asTakenOver(object, object)]).toEqual([undefined, undefined])
})

test("the patch for a dry run changes neither the status nor what identifies the object", () => {
  const object = (more: object, annotations?: Record<string, string>): ManagedObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "web", uid: "1", resourceVersion: "7", managedFields: [], annotations },
    ...more,
  })
  expect(
    patchTo(object({ data: { a: "1" }, immutable: false, status: {} }), object({ data: { b: "2" } }, { c: "3" })),
  ).toEqual([
    { op: "add", path: "/metadata/labels", value: {} },
    { op: "add", path: "/metadata/annotations", value: { c: "3" } },
    { op: "remove", path: "/immutable" },
    { op: "add", path: "/data", value: { b: "2" } },
  ])
})
