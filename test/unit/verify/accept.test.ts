import { describe, expect, test } from "vitest"

import { acceptRows } from "../../../.dagger/src/verify/accept.js"
import type { FactRow } from "../../../.dagger/src/verify/facts.js"

const TODAY = "2026-11-28"
const stage = (...findings: string[]): FactRow => ({
  image: "backend",
  name: "final stage",
  limit: "only what runs",
  actual: "",
  verdict: "fail",
  how: "paths",
  findings,
})
const POETRY = "package manager: layer 3: /opt/tool/bin/poetry"
const TESTS = "tests: layer 4: /app/tests/a.txt"
const poetry = {
  fact: "final stage",
  finding: "package manager: /opt/tool/bin/*",
  reason: "the entrypoint calls it",
  expires: TODAY,
}

describe("a fact that fails", () => {
  test.each<[string, FactRow, object[], string, string[]]>([
    ["is a warning once each finding is accepted", stage(POETRY), [poetry], "warn", [`${POETRY} (accepted)`]],
    ["fails for one that is not", stage(POETRY, TESTS), [poetry], "fail", [`${POETRY} (accepted)`, TESTS]],
    [
      "fails from the day after",
      stage(POETRY),
      [{ ...poetry, expires: "2026-11-27" }],
      "fail",
      [`${POETRY} (the acceptance expired on 2026-11-27)`],
    ],
    ["fails if another image's is accepted", stage(POETRY), [{ ...poetry, image: "frontend" }], "fail", [POETRY]],
    ["fails if another fact's is accepted", stage(POETRY), [{ ...poetry, fact: "secrets" }], "fail", [POETRY]],
    [
      "fails if its findings are accepted as a whole",
      stage(POETRY),
      [{ ...poetry, finding: undefined }],
      "fail",
      [POETRY],
    ],
    ["fails if nothing is accepted", stage(POETRY), [], "fail", [POETRY]],
    ["fails without findings, if nothing is accepted", stage(), [], "fail", []],
    [
      "fails as a whole from the day after",
      { ...stage(), name: "user" },
      [{ fact: "user", reason: "x", expires: "2026-11-27" }],
      "fail",
      [],
    ],
    [
      "fails as a whole if one finding is accepted",
      { ...stage("a", "b"), name: "size" },
      [{ ...poetry, fact: "size", finding: "a" }],
      "fail",
      ["a (accepted)", "b"],
    ],
    [
      "is a warning as a whole",
      { ...stage(), name: "user" },
      [{ fact: "user", reason: "x", expires: TODAY }],
      "warn",
      [],
    ],
    [
      "is known by its place whatever the line is",
      { ...stage("jwt: layer 3: /app/a.js:7"), name: "secrets" },
      [{ ...poetry, fact: "secrets", finding: "jwt: /app/a.js" }],
      "warn",
      ["jwt: layer 3: /app/a.js:7 (accepted)"],
    ],
    [
      "is known by its place in a later layer and at a later line",
      { ...stage("jwt: layer 12: /app/a.js:340"), name: "secrets" },
      [{ ...poetry, fact: "secrets", finding: "jwt: /app/a.js" }],
      "warn",
      ["jwt: layer 12: /app/a.js:340 (accepted)"],
    ],
    [
      "is known by a place that has a number in its name",
      { ...stage("jwt: layer 3: /app/a:7.js:1"), name: "secrets" },
      [{ ...poetry, fact: "secrets", finding: "jwt: /app/a:7.js" }],
      "warn",
      ["jwt: layer 3: /app/a:7.js:1 (accepted)"],
    ],
  ])("%s", (_, row, accepted, verdict, findings) => {
    expect(acceptRows([row], accepted as never, TODAY)).toMatchObject([{ verdict, findings }])
  })

  test("says why it was accepted, and until when", () => {
    expect(acceptRows([stage(POETRY)], [poetry], TODAY)[0]!.how).toBe(
      `paths; accepted until ${TODAY}: the entrypoint calls it`,
    )
    const user = { fact: "user", reason: "a gateway", expires: TODAY }
    expect(acceptRows([{ ...stage(), name: "user" }], [user], TODAY)[0]!.how).toBe(
      `paths; accepted until ${TODAY}: a gateway`,
    )
  })
})

test.each(["pass", "warn", "not checked"] as const)("a fact that does not fail (%s) is left alone", verdict => {
  const rows: FactRow[] = [
    { ...stage(POETRY), verdict },
    { ...stage(), name: "user", verdict },
  ]
  const accepted = [
    { ...poetry, finding: "*" },
    { fact: "user", reason: "x", expires: TODAY },
  ]
  expect(acceptRows(rows, accepted, TODAY)).toEqual(rows)
})
