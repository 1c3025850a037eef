import { expect, test } from "vitest"

import { AppliedWorkloads, parseApplied } from "../../../.dagger/src/deploy/applied.ts"
import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"

const object = (kind: string, name: string, spec: object) => ({ apiVersion: "apps/v1", kind, metadata: { name }, spec })
const OBJECTS = [
  object("Deployment", "web", { replicas: 2 }),
  object("StatefulSet", "queue", {}),
  object("Service", "web", {}),
]
const printed = (kind: string, name: string, uid: string, spec: object) => ({
  kind,
  metadata: { name, uid, generation: 3 },
  spec,
})
const WEB = printed("Deployment", "web", "u1", { replicas: 2, template: { spec: { containers: [{ name: "web" }] } } })
const ANSWER = JSON.stringify({
  kind: "List",
  items: [
    WEB,
    printed("StatefulSet", "queue", "u2", { paused: true, template: {} }),
    { kind: "Service", metadata: { name: "web" } },
  ],
})

test("the workloads that were applied are read as the API server answered them", () => {
  expect(parseApplied(ANSWER, OBJECTS)).toEqual([
    {
      kind: "Deployment",
      name: "web",
      uid: "u1",
      generation: 3,
      paused: false,
      replicas: 2,
      fixesReplicas: true,
      template: { spec: { containers: [{ name: "web" }] } },
    },
    expect.objectContaining({ kind: "StatefulSet", name: "queue", paused: true, fixesReplicas: false, template: {} }),
  ])
})

test("of a single object, kubectl prints no list", () => {
  expect(parseApplied(JSON.stringify(WEB), OBJECTS)).toMatchObject([{ name: "web", uid: "u1" }])
})

test("a workload counts as deleted once it was seen, and then is not there", async () => {
  const applied = new AppliedWorkloads()
  await applied.apply({ must: async () => ANSWER, now: async () => 0 } as never, OBJECTS)
  const web = { kind: "Deployment", name: "web" }
  const live = { metadata: { uid: "u1", generation: 3, managedFields: [] }, spec: {} }
  const none = Snapshot.parse({ items: [] })
  expect(applied.failureOf(web, undefined, none)).toBeUndefined()
  expect(applied.failureOf(web, live, none)).toBeUndefined()
  expect(applied.failureOf(web, undefined, none)).toEqual({ kind: "DeletedByOther" })
  expect(applied.failureOf({ kind: "Deployment", name: "of-another" }, undefined, none)).toBeUndefined()
})

test("what the API server refused in part was going to be applied, for what is there of it has to go", async () => {
  const applied = new AppliedWorkloads()
  const web = { kind: "Deployment", name: "web" }
  expect(applied.intends(web)).toBe(false)
  const refused = async () => Promise.reject(new Error("exceeded quota"))
  await expect(applied.apply({ must: refused } as never, OBJECTS)).rejects.toThrow("exceeded quota")
  expect(applied.intends(web)).toBe(true)
  expect(applied.intends({ kind: "Deployment", name: "api" })).toBe(false)
})
