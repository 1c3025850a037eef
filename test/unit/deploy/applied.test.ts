import { expect, test } from "vitest"

import { AppliedWorkloads, parseApplied } from "../../../.dagger/src/deploy/applied.ts"
import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"

const object = (kind: string, name: string, spec: object) => ({ apiVersion: "apps/v1", kind, metadata: { name }, spec })
const OBJECTS = [
  object("Deployment", "web", { replicas: 2 }),
  object("StatefulSet", "queue", {}),
  object("Service", "web", {}),
]
const ANSWER = [
  'Deployment\tweb\tu1\t3\t\t2\t{"spec":{"containers":[{"name":"web","command":["a\\tb"]}]}}',
  "StatefulSet\tqueue\tu2\t1\t\t1\t{}",
  "Service\tweb\tu3\t\t\t\t",
  "List\t\t\t\t\t\t",
  "",
].join("\n")

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
      template: { spec: { containers: [{ name: "web", command: ["a\tb"] }] } },
    },
    expect.objectContaining({ kind: "StatefulSet", name: "queue", fixesReplicas: false, template: {} }),
  ])
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
