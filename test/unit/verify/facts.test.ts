import { describe, expect, test } from "vitest"

import { CloudNativeError } from "../../../.dagger/src/util/errors.js"
import { within } from "../../../.dagger/src/util/tool.js"
import { assertPassed, rowsOf } from "../../../.dagger/src/verify/facts.js"

const FACT = { name: "secrets", limit: "none" }
const HOW = "gitleaks did not end: it had 0.01 s; verification.timeout gives more time"

describe("a check", () => {
  const endless = () => within(new Promise<never>(() => {}), "gitleaks", 0.01)
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
})
