import { describe, expect, test } from "vitest"

import { CloudNativeError } from "../../../.dagger/src/util/errors.js"
import { within } from "../../../.dagger/src/util/tool.js"
import { inTime } from "../../../.dagger/src/verify/facts.js"

const FACT = { name: "secrets", limit: "none" }
const HOW = "gitleaks did not end: it had 0.01 s; verification.timeout gives more time"

describe("a check", () => {
  const endless = () => within(new Promise<never>(() => {}), "gitleaks", 0.01)
  test.each([
    ["fail", "fail"],
    ["not-checked", "not checked"],
  ] as const)("that takes too long is a row all the same, by policy %s: %s", async (policy, verdict) => {
    expect(await inTime([FACT], endless(), policy)).toEqual([{ ...FACT, actual: "—", verdict, how: HOW }])
  })

  test("that ends in time is what it found", async () => {
    const row = { ...FACT, actual: "none found", verdict: "pass", how: "gitleaks" } as const
    expect(await inTime([FACT], Promise.resolve([row]), "fail")).toEqual([row])
  })

  test("that fails is an error, whatever the policy", async () => {
    const error = new CloudNativeError({ code: "TOOL_FAILED", blame: "environment", what: "a", why: "b", fix: "c" })
    await expect(inTime([FACT], Promise.reject(error), "not-checked")).rejects.toBe(error)
  })
})
