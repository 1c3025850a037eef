import { describe, expect, test } from "vitest"

import { pollUntil } from "../../../.dagger/src/util/poll.ts"

describe("a wait", () => {
  test("ends with the first answer", async () => {
    const answers = [undefined, "there"]
    expect(await pollUntil("it", 5, () => Promise.resolve(answers.shift()))).toBe("there")
  })

  test.each<[string, (() => string) | undefined, string | undefined]>([
    ["with how things stand", () => "0 of 1 are there", "0 of 1 are there"],
    ["that is not asked how things stand", undefined, undefined],
  ])("that is too long names what was waited for: one %s", async (_, state, evidence) => {
    await expect(pollUntil("the pods", -1, () => Promise.resolve(undefined), { state })).rejects.toMatchObject({
      code: "TIMED_OUT",
      blame: "environment",
      what: "waited -1 s for the pods",
      evidence,
      why: "after -1 s, still waiting for the pods",
      fix: "check the cluster's events; for migrations and rollouts, --timeout gives more time",
    })
  })

  test("ends with the reason of its signal", async () => {
    const signal = AbortSignal.abort(new Error("stopped"))
    await expect(pollUntil("it", 5, () => Promise.resolve(undefined), { signal })).rejects.toThrow("stopped")
  })
})
