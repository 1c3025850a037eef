import { readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"

import { type Origin, provenanceOf, statementOf, statementProblem } from "../../../.dagger/src/push/provenance.js"

const read = (file: string) => JSON.parse(readFileSync(join(import.meta.dirname, "cases", file), "utf8"))
const ORIGIN: Origin = read("origin.json")
const REFERENCE = `ghcr.io/acme/shop-backend@sha256:${"a".repeat(64)}`
const EXPECTED = { name: "shop", application: "backend", digest: `sha256:${"a".repeat(64)}` }

const statement = (change: Partial<Origin> = {}, reference = REFERENCE) =>
  statementOf(reference, provenanceOf({ ...ORIGIN, ...change }))

test("an image's statement is in-toto's, with SLSA's provenance", () => {
  expect(JSON.parse(JSON.stringify(statement()))).toEqual(read("statement.json"))
})

test("it leaves out an unknown revision, and is the same each time", () => {
  expect(JSON.stringify(statement({ revision: undefined }))).not.toContain('annotations":{"revision')
  expect(JSON.stringify(statement())).toBe(JSON.stringify(statement()))
})

describe("a signed statement", () => {
  test("vouches for the image it is about", () => {
    expect(statementProblem(statement(), EXPECTED)).toBeUndefined()
  })
  test.each([
    ["another image", statement({}, REFERENCE.replace("aaa", "bbb")), "it is about another image"],
    ["another project", statement({ name: "forum" }), "it is about an image of forum, not of shop"],
    ["the other application", statement({ application: "frontend" }), "it is about the frontend, not the backend"],
    [
      "an image that did not pass",
      statement({ facts: [{ ...ORIGIN.facts[0]!, verdict: "fail" }] }),
      "it does not say that the image passed its verification",
    ],
    [
      "another builder",
      {
        ...statement(),
        predicate: { buildDefinition: { buildType: "https://actions.github.io/buildtypes/workflow/v1" } },
      },
      "it is of another builder",
    ],
    ["nothing that is known", { hello: "world" }, "it is of another builder"],
    ["nothing at all", null, "it is of another builder"],
  ])("about %s does not", (_, about, problem) => {
    expect(statementProblem(about, EXPECTED)).toBe(problem)
  })
})
