import { describe, expect, test } from "vitest"

import { expired, lastOther, lastSucceeded, previousOf } from "../../../.dagger/src/release/candidates.ts"
import { entry } from "./records.ts"

describe("the target of a rollback", () => {
  test("the last release that succeeded", () => {
    const entries = [entry("1", "succeeded"), entry("2", "succeeded"), entry("3", "failed"), entry("4", "pending")]
    expect(lastSucceeded(entries)?.id).toBe("2")
  })

  test("one that failed, and serves where the previous one no longer can", () => {
    const serving = { ...entry("2", "failed"), left: "serving" as const }
    expect(lastSucceeded([entry("1", "succeeded"), serving, entry("3", "failed")])?.id).toBe("2")
    const parts = { ...entry("2", "failed"), left: "parts" as const }
    expect(lastSucceeded([entry("1", "succeeded"), parts])?.id).toBe("1")
  })

  test("nothing if none has", () => {
    expect(lastSucceeded([entry("1", "failed"), entry("2", "pending")])).toBeUndefined()
  })

  const again = (id: string) => ({ ...entry(id, "succeeded"), content: "the same" })

  test("by hand: the last release that differs from the current one, which was deployed twice", () => {
    expect(
      lastOther([entry("1", "succeeded"), entry("2", "succeeded"), entry("3", "failed"), again("4"), again("5")])?.id,
    ).toBe("2")
    expect(lastOther([again("1"), entry("2", "failed"), again("3")])).toBeUndefined()
  })

  test("it is kept, however often the current one was deployed since", () => {
    const entries = [entry("00", "succeeded"), ...Array.from({ length: 12 }, (_, index) => again(`${index + 10}`))]
    expect(expired(entries).map(({ id }) => id)).toEqual(["10", "11"])
  })

  test("it is kept, however many have failed since", () => {
    const entries = [
      entry("00", "succeeded"),
      ...Array.from({ length: 12 }, (_, index) => entry(`${index + 10}`, "failed")),
    ]
    expect(expired(entries).map(({ id }) => id)).toEqual(["10", "11"])
  })

  const reached = (kind: "deploy" | "rollback") => ({ kind, step: "rollout" as const, at: "2026-11-30T12:00:00Z" })
  test.each([
    ["was killed", { ...entry("3", "pending"), reached: reached("deploy") }, "2"],
    ["was killed, as an earlier version recorded it", entry("3", "pending"), "2"],
    ["could not be undone", { ...entry("3", "failed"), reached: reached("deploy"), left: "parts" as const }, "2"],
    ["failed, and was undone", { ...entry("3", "failed"), reached: reached("deploy") }, "1"],
    [
      "was a rollback that was killed, on its way to 1",
      { ...entry("3", "pending"), reached: reached("rollback") },
      "1",
    ],
    ["failed, and serves", { ...entry("3", "failed"), reached: reached("deploy"), left: "serving" as const }, "2"],
  ])("by hand, after a deployment that %s", (_, last, expected) => {
    expect(previousOf([entry("1", "succeeded"), entry("2", "succeeded"), last])).toBe(expected)
  })

  test("by hand, after the first deployment after another was killed", () => {
    expect(previousOf([entry("1", "succeeded"), entry("2", "pending")])).toBe("1")
  })

  test("by hand, without another release that has succeeded, is refused", () => {
    expect(previousOf([entry("1", "succeeded"), entry("2", "succeeded")])).toBe("1")
    expect(() => previousOf([entry("1", "failed"), entry("2", "succeeded")])).toThrow(
      expect.objectContaining({
        code: "RECORD_MISSING",
        blame: "user",
        what: "there is no release to go back to",
        why: "no other than the present one has succeeded here",
        fix: "deploy what is to run",
      }),
    )
  })
})
