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
    ["?", "||", "&&", "===", "!==", "=="]
      .map(after => `e.env.NEXT_PUBLIC_GA${after}`)
      .concat(["!", "if(", "===", "!==", "=="].map(before => `${before}e.env.NEXT_PUBLIC_GA`)),
  )("warns where it is asked for or compared first: %s", read => {
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

  test.each<[string, string, string[] | undefined, string]>([
    ["that the source names", "NEXT_PUBLIC_API_URL", ["NEXT_PUBLIC_API_URL"], "fail"],
    ["that is a package's alone", "NEXT_PUBLIC_CLERK_KEYLESS_DISABLED", ["NEXT_PUBLIC_API_URL"], "warn"],
    ["of a longer name than the source's", "NEXT_PUBLIC_API_URL_OLD", ["NEXT_PUBLIC_API_URL"], "warn"],
    ["of Vercel's, that the source names", "NEXT_PUBLIC_VERCEL_URL", ["NEXT_PUBLIC_VERCEL_URL"], "fail"],
    ["of Vercel's, whatever the source is", "NEXT_PUBLIC_VERCEL_OBSERVABILITY_BASEPATH", undefined, "warn"],
    ["of an image whose source nobody knows", "NEXT_PUBLIC_CLERK_KEYLESS_DISABLED", undefined, "fail"],
  ])("judges a variable %s: %s", (_, name, named, verdict) => {
    expect(browserRow([`t.default.env.${name}`], named)).toMatchObject({ verdict, findings: [name] })
  })

  test("names each variable once, in an order that never changes", () => {
    const reads = ["e.env.NEXT_PUBLIC_B", "e.env.NEXT_PUBLIC_A", "e.env.NEXT_PUBLIC_B"]
    expect(browserRow(reads).findings).toEqual(["NEXT_PUBLIC_A", "NEXT_PUBLIC_B"])
  })

  test("counts each kind that there is", () => {
    const reads = ["e.env.NEXT_PUBLIC_A", "e.env.NEXT_PUBLIC_B||", "e.env.NEXT_PUBLIC_C"]
    expect(browserRow(reads, ["NEXT_PUBLIC_A"]).actual).toBe("1 used, 1 with a default, 1 of packages")
    expect(browserRow(reads.slice(1), []).actual).toBe("1 with a default, 1 of packages")
  })

  test("passes where every value is in it", () => {
    const row = {
      name: "browser code",
      limit: "no NEXT_PUBLIC_ is undefined",
      actual: "none",
      verdict: "pass",
      how: "what Next.js built for browsers; set the variables in buildArgs, with an ARG and an ENV of each before the build",
      findings: [],
    }
    expect(browserRow([])).toEqual(row)
    expect(browserRow(["e.env.NODE_ENV"])).toEqual(row)
  })
})
