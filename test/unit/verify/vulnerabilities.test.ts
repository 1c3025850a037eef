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
    expect(judged({ fixedIn: ["3.1", "4.0"] }).findings).toEqual([
      "CVE-2026-1 (high) in openssl 3.0, fixed in 3.1, 4.0",
    ])
    expect(judged({ fixedIn: [] }, { fixedOnly: false }).findings).toEqual([
      "CVE-2026-1 (high) in openssl 3.0, not fixed",
    ])
  })
})

describe("the row of the vulnerabilities", () => {
  const others = ["CVE-2026-2", "CVE-2026-3"].map(id => ({ ...FOUND, id }))
  test.each<[string, Vulnerability[], Partial<Policy>, string, "pass" | "fail"]>([
    ["none", [], {}, "0 of 0 known", "pass"],
    ["those that count, of those that are known", [FOUND, { ...FOUND, severity: "low" }], {}, "1 of 2 known", "fail"],
    ["those that are allowed", [FOUND], allow(TODAY), "0 of 1 known, 1 allowed", "pass"],
    ["those that are allowed beside others", [FOUND, ...others], allow(TODAY), "2 of 3 known, 1 allowed", "fail"],
    ["not those whose allowance has ended", [FOUND], allow("2026-06-14"), "1 of 1 known", "fail"],
  ])("counts %s", (_, found, policy, actual, verdict) => {
    expect(vulnerabilitiesRow(found, { ...POLICY, ...policy }, TODAY)).toMatchObject({
      name: "vulnerabilities",
      limit: "none from high that is fixed",
      actual,
      verdict,
      how: "the scanner given",
    })
  })

  test("says without a scanner that nothing is known", () => {
    expect(notScannedRow({ ...POLICY, fixedOnly: false })).toEqual({
      name: "vulnerabilities",
      limit: "none from high",
      actual: "—",
      verdict: "not checked",
      how: "no --scanner was given",
    })
  })
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

  test("is read, with each vulnerability of several packages, and each package of several vulnerabilities", () => {
    const matches = [
      match,
      { ...match, artifact: { name: "libssl", version: "3.0" } },
      { ...match, vulnerability: { ...match.vulnerability, id: "CVE-2026-2" } },
    ]
    const found = readReport(0, JSON.stringify({ matches }), "")
    expect(found.map(item => `${item.id} ${item.package}`)).toEqual([
      "CVE-2026-1 openssl 3.0",
      "CVE-2026-1 libssl 3.0",
      "CVE-2026-2 openssl 3.0",
    ])
  })

  test.each([[null], [undefined], [{}], [{ versions: null }], [{ versions: [] }]])(
    "may name no version with a fix: %j",
    fix => {
      const vulnerability = { ...match.vulnerability, fix }
      const [found] = readReport(0, JSON.stringify({ matches: [{ ...match, vulnerability }] }), "")
      expect(found?.fixedIn).toEqual([])
    },
  )

  test.each([
    ["a scanner that failed", 1, JSON.stringify({ matches: [] }), "no database", "exit code 1[^]*no database"],
    ["a report that is no JSON", 0, "NAME INSTALLED", "", "not the JSON of grype"],
    ["a report of another shape", 0, "{}", "", "not the JSON of grype[^]*matches"],
    ["no report", 0, "", "", "not the JSON of grype"],
  ])("is an error for %s", (_, exitCode, stdout, stderr, what) => {
    expect(() => readReport(exitCode, stdout, stderr)).toThrow(new RegExp(`^TOOL_FAILED: [^]*${what}`))
  })

  test.each([
    ["what it wrote", 1, "", "no database\n", "the scanner failed with exit code 1", "no database"],
    ["that it wrote nothing", 137, "", "", "the scanner failed with exit code 137", "it said nothing"],
    [
      "what is wrong with its report, where it ended well",
      0,
      '{"matches":[{}]}',
      "a warning",
      "the scanner's report is not the JSON of grype",
      expect.stringContaining("matches[0].vulnerability"),
    ],
  ])("that is none is reported with %s, and a fix", (_, exitCode, stdout, stderr, what, why) => {
    expect(() => readReport(exitCode, stdout, stderr)).toThrow(
      expect.objectContaining({
        code: "TOOL_FAILED",
        blame: "environment",
        what,
        why,
        fix: "give with --scanner an image whose entrypoint takes the arguments of grype, and that has or reaches its database",
      }),
    )
  })
})
