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

interface Alterable {
  subject: { digest: { sha256: string } }[]
  predicate: { buildDefinition: { buildType: string }; runDetails: { byproducts: { annotations?: object }[] } }
}

test("an image's statement is in-toto's, with SLSA's provenance", () => {
  expect(JSON.parse(JSON.stringify(statement()))).toEqual(read("statement.json"))
})

test("it leaves out an unknown revision, and is the same each time", () => {
  expect(JSON.stringify(statement({ revision: undefined }))).not.toContain('annotations":{"revision')
  expect(JSON.stringify(statement())).toBe(JSON.stringify(statement()))
})

describe("a signed statement", () => {
  /** A copy of the statement, with a change. */
  const altered = (change: (statement: Alterable) => void) => {
    const copy = JSON.parse(JSON.stringify(statement())) as Alterable
    change(copy)
    return copy
  }
  test.each([
    ["the image it is about", () => statement()],
    ["one of several", () => altered(({ subject }) => void subject.unshift({ digest: { sha256: "b".repeat(64) } }))],
    ["an image with a warning", () => statement({ facts: [{ ...ORIGIN.facts[0]!, verdict: "warn" }] })],
  ])("vouches for %s", (_, about) => {
    expect(statementProblem(about(), EXPECTED)).toBeUndefined()
  })
  test.each([
    ["another image", () => statement({}, REFERENCE.replace("aaa", "bbb")), "it is about another image"],
    ["another project", () => statement({ name: "forum" }), "it is about an image of forum, not of shop"],
    [
      "the other application",
      () => statement({ application: "frontend" }),
      "it is about the frontend, not the backend",
    ],
    [
      "an image that did not pass",
      () => statement({ facts: [{ ...ORIGIN.facts[0]!, verdict: "fail" }] }),
      "it does not say that the image passed its verification",
    ],
    [
      "another builder",
      () => ({
        ...statement(),
        predicate: { buildDefinition: { buildType: "https://actions.github.io/buildtypes/workflow/v1" } },
      }),
      "it is of another builder",
    ],
    [
      "an image of which nothing was verified",
      () => altered(({ predicate: { runDetails } }) => void runDetails.byproducts.pop()),
      "it does not say that the image passed its verification",
    ],
    [
      "an image whose verification is told without its outcome",
      () => altered(({ predicate: { runDetails } }) => void delete runDetails.byproducts[1]!.annotations),
      "it does not say that the image passed its verification",
    ],
    [
      "an image that did not pass as a whole",
      () => statement({ facts: [ORIGIN.facts[0]!, { ...ORIGIN.facts[0]!, verdict: "fail" }] }),
      "it does not say that the image passed its verification",
    ],
    [
      "the same of another builder",
      () => altered(({ predicate }) => void (predicate.buildDefinition.buildType = "urn:another:v1")),
      "it is of another builder",
    ],
    ["nothing that is known", () => ({ hello: "world" }), "it is of another builder"],
    ["nothing at all", () => null, "it is of another builder"],
  ])("about %s does not", (_, about, problem) => {
    expect(statementProblem(about(), EXPECTED)).toBe(problem)
  })
})
