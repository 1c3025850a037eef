import { describe, expect, test } from "vitest"

import { combined, together } from "../../../.dagger/src/util/collect-errors.ts"
import { CloudNativeError, type Failure } from "../../../.dagger/src/util/errors.ts"

const problem = (code: Failure["code"], what: string) =>
  new CloudNativeError({ code, blame: "user", what, why: "line one\nline two", fix: "fix it" })
const fails = (error: Error) => () => Promise.reject(error)

describe("work that is done together", () => {
  test("answers with what each part answers", async () => {
    expect(
      await together(
        () => 1,
        async () => "two",
      ),
    ).toEqual([1, "two"])
  })

  test("fails with the one problem as it is", async () => {
    const error = problem("NAMESPACE_MISSING", "no namespace")
    await expect(together(() => 1, fails(error), fails(error))).rejects.toBe(error)
  })

  test("fails with every problem, each once, numbered and with its own way out", async () => {
    const [first, second] = [problem("NAMESPACE_MISSING", "no namespace"), problem("SECRETS_MISSING", "no secret")]
    const failure = together(fails(first), () => together(fails(second), fails(first)))
    await expect(failure).rejects.toMatchObject({ code: "PREFLIGHT_FAILED", cause: [first, second] })
    await expect(failure).rejects.toThrow(
      [
        "PREFLIGHT_FAILED: 2 problems would stop it; nothing was changed",
        "  1. NAMESPACE_MISSING: no namespace",
        "       line one",
        "       line two",
        "     → fix it",
        "  2. SECRETS_MISSING: no secret",
        "       line one",
        "       line two",
        "     → fix it",
        "→ fix all of them and retry",
      ].join("\n"),
    )
  })

  test("keeps the code where all problems have the same", async () => {
    const failure = together(fails(problem("ARGUMENTS_INVALID", "one")), fails(problem("ARGUMENTS_INVALID", "two")))
    await expect(failure).rejects.toMatchObject({
      code: "ARGUMENTS_INVALID",
      what: "2 problems would stop it; nothing was changed",
    })
  })

  test("passes on what is no problem of the user's", async () => {
    const bug = new TypeError("not a function")
    await expect(together(fails(problem("NAMESPACE_MISSING", "no namespace")), fails(bug))).rejects.toBe(bug)
  })

  test("waits for what takes longer than the first problem", async () => {
    const later = new Promise<never>((_, reject) => setTimeout(() => reject(problem("SECRETS_MISSING", "later")), 5))
    await expect(together(fails(problem("NAMESPACE_MISSING", "at once")), () => later)).rejects.toThrow(
      "2. SECRETS_MISSING: later",
    )
  })
})

describe("several problems are to be fixed by", () => {
  const of = (blame: Failure["blame"]) => new CloudNativeError({ code: "BUG", blame, what: blame, why: "", fix: "" })
  test.each<[Failure["blame"], Failure["blame"], Failure["blame"]]>([
    ["environment", "environment", "environment"],
    ["environment", "user", "user"],
    ["bug", "environment", "bug"],
  ])("%s and %s: %s", (first, second, blame) => {
    const other = new CloudNativeError({ code: "BUG", blame: second, what: "other", why: "", fix: "" })
    expect(combined([of(first), other])).toMatchObject({ blame })
  })
})
