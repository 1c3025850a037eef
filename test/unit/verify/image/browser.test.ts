import { describe, expect, test } from "vitest"

import { browserRow } from "../../../../.dagger/src/verify/image/browser.js"

describe("the browsers' code", () => {
  // As webpack and Turbopack write what had no value at build time.
  test.each([
    "e.default.env.NEXT_PUBLIC_API_URL",
    "process.env.NEXT_PUBLIC_API_URL",
    "(0,r.p).env.NEXT_PUBLIC_API_URL",
  ])("fails where a variable is used that is undefined: %s", read => {
    expect(browserRow([read])).toMatchObject({ verdict: "fail", findings: ["NEXT_PUBLIC_API_URL"] })
  })

  test.each(
    ["?", "||", "&&"]
      .map(after => `e.env.NEXT_PUBLIC_GA${after}`)
      .concat("!e.env.NEXT_PUBLIC_GA", "if(e.env.NEXT_PUBLIC_GA"),
  )("warns where it is asked for first: %s", read => {
    expect(browserRow([read])).toMatchObject({ verdict: "warn", findings: ["NEXT_PUBLIC_GA"] })
  })

  test("fails where one place of several has no default, and names no other", () => {
    const reads = ["e.env.NEXT_PUBLIC_A||", "e.env.NEXT_PUBLIC_A", "e.env.NEXT_PUBLIC_AB?"]
    expect(browserRow(reads)).toMatchObject({
      verdict: "fail",
      actual: "1 used, 1 with a default",
      findings: ["NEXT_PUBLIC_A"],
    })
  })

  test("passes where every value is in it", () => {
    expect(browserRow([])).toMatchObject({ verdict: "pass", findings: [] })
  })
})
