import { expect, test } from "vitest"

import { faultsPage } from "../../docs/faults.ts"

const PAGE = "# Faults\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n"
const assertion = (title: string, measured?: object, status = "passed") => ({
  fullName: `a suite ${title}`,
  title,
  status,
  meta: measured ? { measured } : {},
})
const resultOf = (...assertionResults: object[]) =>
  JSON.stringify({ startTime: Date.UTC(2026, 0, 1), testResults: [{ assertionResults }] })

test("the table has a row for each test, by family, and stands between the markers", () => {
  const page = faultsPage(
    PAGE,
    resultOf(
      assertion("control: crashes-twice"),
      assertion("10: a Lease of a half-way deployment"),
      assertion("4: crashes-at-once", { code: "ROLLOUT_FAILED", since: "cause", verdict: 2, whole: 30.25 }),
      assertion("2: secret-missing", { code: "SECRETS_MISSING", since: "call", verdict: 12.3 }),
    ),
  )
  expect(page).toBe(`# Faults
<!-- measured: begin -->

Measured on 2026-01-01.

| Family | What happens | Error | Verdict | Previous version whole again |
| --- | --- | --- | --- | --- |
| 2 | secret missing | \`SECRETS_MISSING\` | 12.3 s since the call |  |
| 4 | crashes at once | \`ROLLOUT_FAILED\` | 2.0 s since the cluster showed it | 30.3 s |
| 10 | a Lease of a half-way deployment |  |  |  |
|  | crashes twice |  |  |  |

<!-- measured: end -->
after
`)
})

test.each([
  ["a test that failed", resultOf(assertion("4: a"), assertion("4: b", undefined, "failed")), "a suite 4: b: failed"],
  ["a test that did not run", resultOf(assertion("4: a", undefined, "skipped")), "a suite 4: a: skipped"],
  ["a test of no family", resultOf(assertion("something")), 'the test "something"'],
])("a run with %s makes no table", (_, result, expected) => {
  expect(() => faultsPage(PAGE, result)).toThrow(expected)
})

test("a page without the markers is refused", () => {
  expect(() => faultsPage("# Faults\n", resultOf())).toThrow("has no <!-- measured: begin -->")
})
