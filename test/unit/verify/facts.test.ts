import { describe, expect, test } from "vitest"

import { CloudNativeError } from "../../../.dagger/src/util/errors.js"
import { within } from "../../../.dagger/src/util/within.js"
import {
  assertPassed,
  decodeFacts,
  encodeFacts,
  type FactRow,
  hasPassed,
  rowsOf,
} from "../../../.dagger/src/verify/facts.js"

const FACT = { name: "secrets", limit: "none" }
const HOW = "gitleaks did not end: it had 0.01 s; give it more time"

describe("a check", () => {
  const endless = () => within(() => new Promise<never>(() => {}), "gitleaks", 0.01, "give it more time")
  test.each([
    ["fail", "fail"],
    ["not-checked", "not checked"],
  ] as const)("that takes too long is a row all the same, by policy %s: %s", async (policy, verdict) => {
    expect(await rowsOf([FACT], endless(), policy)).toEqual([{ ...FACT, actual: "—", verdict, how: HOW }])
  })

  test("that ends in time is what it found", async () => {
    const row = { ...FACT, actual: "none found", verdict: "pass", how: "gitleaks" } as const
    expect(await rowsOf([FACT], Promise.resolve([row]), "fail")).toEqual([row])
  })

  const failing = (code: "TOOL_FAILED" | "IMAGE_UNREADABLE") =>
    new CloudNativeError({
      code,
      blame: "environment",
      what: "gitleaks could not look for secrets",
      why: "exit code 137\nkilled",
      fix: "retry",
    })

  test.each(["fail", "not-checked"] as const)(
    "whose tool fails is a failing row for each fact, whatever the policy for time-outs is: %s",
    async policy => {
      const facts = [FACT, { name: "given secrets", limit: "none" }]
      const rows = await rowsOf(facts, Promise.reject(failing("TOOL_FAILED")), policy)
      const how = "TOOL_FAILED: gitleaks could not look for secrets"
      expect(rows).toEqual(
        facts.map(fact => ({ ...fact, actual: "—", verdict: "fail", how, findings: ["exit code 137\nkilled"] })),
      )
    },
  )

  test("whose tool fails is said in the table, and below it why", async () => {
    const rows = await rowsOf([FACT], Promise.reject(failing("TOOL_FAILED")), "fail")
    expect(() => assertPassed(rows.map(row => ({ image: "backend", findings: [], ...row })))).toThrow(
      /VERIFICATION_FAILED[^]*FAIL +TOOL_FAILED: gitleaks could not look[^]*backend, secrets:\n +exit code 137\n +killed/,
    )
  })

  test("the error ends with the facts that fail, five at most", () => {
    const row = { image: "backend", limit: "200.0 MB", actual: "230.1 MB", how: "the registry", findings: [] }
    const failing = Array.from({ length: 7 }, (_, index) => ({
      ...row,
      name: `fact ${index}`,
      verdict: "fail" as const,
    }))
    const passing = { ...row, name: "size", verdict: "pass" as const }
    expect(() => assertPassed([passing, ...failing])).toThrow(
      /cause: backend: fact 0: 230\.1 MB, the limit: 200\.0 MB\n(.*\n){4} {2}… and 2 more\n→ [^\n]+$/,
    )
  })

  test("of an image that cannot be read is an error, whatever the policy", async () => {
    const error = failing("IMAGE_UNREADABLE")
    await expect(rowsOf([FACT], Promise.reject(error), "not-checked")).rejects.toBe(error)
  })

  test("that has a bug is that bug, whatever it calls itself", async () => {
    const bug = Object.assign(new Error("no such function"), { code: "TOOL_FAILED" })
    await expect(rowsOf([FACT], Promise.reject(bug), "not-checked")).rejects.toBe(bug)
  })
})

describe("the facts of images", () => {
  const row = (verdict: FactRow["verdict"], findings: string[] = [], image = "backend"): FactRow => ({
    image,
    ...FACT,
    actual: `${findings.length} found`,
    verdict,
    how: "gitleaks",
    findings,
  })

  test("are read as they were written, and of another shape are a bug", () => {
    const rows = [row("pass"), row("fail", ["a.js:1"])]
    expect(decodeFacts(encodeFacts(rows))).toEqual(rows)
    expect(() => decodeFacts('[{"image":"backend"}]')).toThrow(/^BUG: the facts that this object carries/)
  })

  test.each<[FactRow["verdict"][], boolean]>([
    [[], true],
    [["pass", "warn", "not checked"], true],
    [["fail"], false],
    [["pass", "fail", "pass"], false],
  ])("%j have passed: %s", (verdicts, passed) => {
    expect(hasPassed(verdicts.map(verdict => row(verdict)))).toBe(passed)
  })

  test("that passed are a table, and what was found below it", () => {
    const rows = [row("pass"), row("warn", ["a.js:1", "b.js:2\n3"], "frontend")]
    expect(assertPassed(rows)).toBe(
      [
        "IMAGE     FACT     LIMIT  ACTUAL   VERDICT  HOW",
        "backend   secrets  none   0 found  PASS     gitleaks",
        "frontend  secrets  none   2 found  WARN     gitleaks",
        "",
        "frontend, secrets:",
        "  a.js:1",
        "  b.js:2",
        "  3",
      ].join("\n"),
    )
  })

  test("of which one fails are an error with that table", () => {
    expect(() => assertPassed([row("pass"), row("fail", ["a.js:1"])])).toThrow(
      expect.objectContaining({
        code: "VERIFICATION_FAILED",
        blame: "user",
        what: "an image failed its verification; nothing was pushed",
        evidence: expect.stringMatching(/FAIL +gitleaks\n\nbackend, secrets:\n {2}a\.js:1$/),
        fix: "change what the FAIL rows name, or the limits in cloud-native.yaml",
      }),
    )
  })

  test.each([
    [10, []],
    [11, ["  … and 1 more"]],
    [25, ["  … and 15 more"]],
  ])("name at most 10 findings of each: %d", (count, more) => {
    const findings = Array.from({ length: count }, (_, index) => `${index}.js`)
    const lines = assertPassed([row("warn", findings)])
      .split("\n")
      .slice(4)
    expect(lines).toEqual([...findings.slice(0, 10).map(finding => `  ${finding}`), ...more])
  })
})
