import { expect, test } from "vitest"

import {
  applicationsOf,
  assertApplication,
  byApplication,
  keyOf,
  servingOf,
  withApplications,
} from "../../../.dagger/src/config/applications.ts"
import { parseConfig } from "../../../.dagger/src/config/parse.ts"

const CONFIG = parseConfig("applications: { worker: {}, mcp: { port: 9000 } }", "cloud-native.yaml")

test("the applications are the two, then the others as they stand", () => {
  expect(Object.keys(applicationsOf(CONFIG))).toEqual(["backend", "frontend", "worker", "mcp"])
})

test("those that answer requests have a port", () => {
  expect(Object.keys(servingOf(CONFIG))).toEqual(["backend", "frontend", "mcp"])
})

test("a change is made to each", () => {
  const changed = withApplications(CONFIG, (app, name) => ({ ...app, path: `apps/${name}` }))
  expect(Object.values(applicationsOf(changed)).map(({ path }) => path)).toEqual([
    "apps/backend",
    "apps/frontend",
    "apps/worker",
    "apps/mcp",
  ])
})

test("what stands in their order is found by name", () => {
  expect(byApplication(CONFIG, [1, 2, 3, 4])).toEqual({ backend: 1, frontend: 2, worker: 3, mcp: 4 })
})

test.each([
  ["backend", "backend"],
  ["frontend", "frontend"],
  ["worker", "applications.worker"],
])("the settings of %s are at %s", (name, key) => {
  expect(keyOf(name)).toBe(key)
})

test("a name that no application has is refused, with those that there are", () => {
  for (const name of ["backend", "mcp"]) expect(() => assertApplication(name, CONFIG)).not.toThrow()
  expect(() => assertApplication("api", CONFIG)).toThrow(
    expect.objectContaining({
      code: "ARGUMENTS_INVALID",
      blame: "user",
      what: "there is no application api",
      why: "the configuration has: backend, frontend, worker, mcp",
      fix: "name one of these, or add it to applications in cloud-native.yaml",
    }),
  )
})
