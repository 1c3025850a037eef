import { describe, expect, test } from "vitest"

import {
  notScannedRow,
  type Policy,
  readReport,
  vulnerabilitiesRow,
  type Vulnerability,
} from "../../../.dagger/src/verify/vulnerabilities.js"

const POLICY: Policy = { severity: "high", fixedOnly: true, allow: [], timeout: 600 }
const FOUND: Vulnerability = { id: "CVE-2026-1", severity: "high", package: "openssl 3.0", fixedIn: ["3.1"] }
const TODAY = "2026-06-15"

function judged(found: Partial<Vulnerability>, policy: Partial<Policy> = {}) {
  return vulnerabilitiesRow([{ ...FOUND, ...found }], { ...POLICY, ...policy }, TODAY)
}
const allow = (expires: string) => ({ allow: [{ id: "CVE-2026-1", reason: "not reachable", expires }] })

describe("a known vulnerability", () => {
  test.each([
    ["of the severity of the policy", {}, {}, "fail"],
    ["of a graver one", { severity: "critical" }, {}, "fail"],
    ["of a milder one", { severity: "medium" }, {}, "pass"],
    ["of an unknown one, which may be any", { severity: "unknown" }, {}, "fail"],
    ["that is not fixed", { fixedIn: [] }, {}, "pass"],
    ["that is not fixed, where that does not matter", { fixedIn: [] }, { fixedOnly: false }, "fail"],
    ["that is allowed", {}, allow("2026-06-16"), "pass"],
    ["that is allowed up to today", {}, allow(TODAY), "pass"],
    ["that was allowed until yesterday", {}, allow("2026-06-14"), "fail"],
    ["that is not the one that is allowed", { id: "CVE-2026-2" }, allow("2026-06-16"), "fail"],
  ] as [string, Partial<Vulnerability>, Partial<Policy>, string][])("%s", (_, found, policy, verdict) => {
    expect(judged(found, policy).verdict).toBe(verdict)
  })

  test("is named with its package and its fix, and with the day that its allowance ended", () => {
    expect(judged({}, allow("2026-06-14")).findings).toEqual([
      "CVE-2026-1 (high) in openssl 3.0, fixed in 3.1, allowed until 2026-06-14",
    ])
  })
})

test("without a scanner nothing is known", () => {
  expect(notScannedRow(POLICY)).toMatchObject({ verdict: "not checked", limit: "none from high that is fixed" })
})

describe("a scanner's report", () => {
  const match = {
    vulnerability: { id: "CVE-2026-1", severity: "High", fix: { versions: ["3.1"], state: "fixed" } },
    artifact: { name: "openssl", version: "3.0" },
  }

  test("is read, each vulnerability of a package once", () => {
    expect(readReport(0, JSON.stringify({ matches: [match, match] }), "")).toEqual([FOUND])
    expect(readReport(2, JSON.stringify({ matches: [] }), "")).toEqual([])
  })

  test.each([
    ["a scanner that failed", 1, JSON.stringify({ matches: [] }), "no database", "exit code 1[^]*no database"],
    ["a report that is no JSON", 0, "NAME INSTALLED", "", "not the JSON of grype"],
    ["a report of another shape", 0, "{}", "", "not the JSON of grype[^]*matches"],
    ["no report", 0, "", "", "not the JSON of grype"],
  ])("is an error for %s", (_, exitCode, stdout, stderr, what) => {
    expect(() => readReport(exitCode, stdout, stderr)).toThrow(new RegExp(`^TOOL_FAILED: [^]*${what}`))
  })
})
