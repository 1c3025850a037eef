import { describe, expect, test } from "vitest"

import { crossingOver, describeCrossing, migratedSince } from "../../../.dagger/src/release/crossing.ts"
import { entry, object } from "./records.ts"

const first = entry("1", "succeeded", [object("Job", "migrate-a"), object("Deployment", "web")])
const second = entry("2", "succeeded", [object("Job", "migrate-b"), object("Deployment", "worker")])
const third = entry("3", "failed", [object("Job", "migrate-c")])

test.each([
  ["back over one release", [first, second], first, ["migrate-b"], ["2"]],
  [
    "back over two, one of which failed after its migrations",
    [first, second, third],
    first,
    ["migrate-b", "migrate-c"],
    ["2", "3"],
  ],
  ["over a release without a migration of its own", [first, { ...second, inventory: first.inventory }], first, [], []],
  ["forth again: what it brings has run", [first, second, { ...first, id: "4" }], second, [], []],
  [
    "over a release, and another one with the same migrations",
    [first, second, { ...second, id: "3", content: "another" }],
    first,
    ["migrate-b"],
    ["2"],
  ],
  ["to a release that ran twice", [first, { ...first, id: "2" }, { ...second, id: "3" }], first, ["migrate-b"], ["3"]],
])("%s", (_, entries, { content }, migrations, by) => {
  const crossed = migratedSince(entries, content)
  expect(crossed.migrations).toEqual(migrations)
  expect(crossed.by.map(({ id }) => id)).toEqual(by)
})

describe("what the records say of a way back", () => {
  const proven = { running: first.content, verdict: "passed", reason: "all of it answered" } as const
  const untold = { verdict: "not-checked", reason: "the record of 2 says nothing about it" }
  test.each([
    ["over no migration: nothing", [first], proven, undefined],
    ["over the release whose trial had what is restored", [first, second], proven, proven],
    ["over one whose trial had another release", [first, second], { ...proven, running: "another" }, untold],
    ["over one of an earlier version of this module", [first, second], undefined, untold],
    [
      "over two: each was tried on what ran before it alone",
      [first, second, third],
      proven,
      { verdict: "not-checked", reason: "several releases have brought migrations since then" },
    ],
  ])("%s", (_, entries, schema, expected) => {
    const migrated = migratedSince(entries, first.content)
    const { running: _running, ...told } = { running: undefined, ...expected }
    const crossing = expected && { ...told, migrations: migrated.migrations }
    expect(crossingOver(migrated, first.content, schema)).toEqual(crossing)
  })
})

test.each([
  ["passed", "was seen in containers, before they ran"],
  ["failed", "in containers, this release failed on their schema: the reason"],
  ["not-checked", "was not checked: the reason"],
] as const)("a way back whose trial %s says so", (verdict, text) => {
  const said = describeCrossing({ migrations: ["migrate-b", "migrate-c"], verdict, reason: "the reason" })
  expect(said).toContain("across migrate-b, migrate-c, which stay")
  expect(said).toContain(text)
})
