import { describe, expect, test } from "vitest"

import { monitorOf } from "../../../bench/reports.ts"
import { outcomeOf, toMeasurement } from "../../../bench/verdict/measure.ts"
import { linesOf } from "../../../bench/verdict/timed.ts"

const ANSWER = { isSuccess: false, isCapped: false, verdictAt: 9_000, endedAt: 20_000, said: "exit code 3" }
const REQUESTS = { sent: 100, failed: 0 }

describe("the outcome is", () => {
  test.each([
    ["failed", {}, true, ["exit code 3"]],
    ["refused", {}, false, []],
    ["missed", {}, true, ["OOMKilled"]],
    ["succeeded", { isSuccess: true }, true, ["OOMKilled"]],
    ["capped", { isCapped: true }, true, []],
  ])("%s", (expected, change, isSeen, expect_) => {
    expect(outcomeOf({ ...ANSWER, ...change }, isSeen, expect_)).toBe(expected)
  })
})

test("seconds count from when the cluster first showed the faulty spec", () => {
  const moments = { begunAt: 1_000, seenAt: 5_000, causeAt: 7_000, wholeAt: 12_500 }
  expect(toMeasurement(moments, { ...ANSWER, stepAt: 4_000, monitor: 6 }, [], REQUESTS)).toEqual({
    outcome: "failed",
    seen: 4,
    verdict: 4,
    cause: 2,
    whole: 7.5,
    call: 19,
    step: 16,
    monitor: 6,
    requests: REQUESTS,
  })
})

test("seconds count from the start of a call that changes nothing", () => {
  const measured = toMeasurement({ begunAt: 1_000, wholeAt: 1_000 }, ANSWER, [], REQUESTS)
  expect(measured).toMatchObject({ outcome: "refused", verdict: 8, whole: 0, call: 19 })
  expect(measured.seen).toBeUndefined()
})

test("the monitor's own time is that before the first step and after the last", () => {
  const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, "0")}.000Z`
  const steps = ["migrate", "rollout", "verify"].map((step, index) => ({ step, at: at(4 + 2 * index) }))
  const report = { startedAt: at(1), endedAt: at(13) }
  expect(monitorOf({ ...report, timeline: { steps, migrations: [], pods: [] } })).toBe(3 + 5)
  expect(monitorOf(report)).toBe(0)
})

test("a line has the moment of its end", () => {
  const chunks = [
    { at: 1, text: "one\ntw" },
    { at: 2, text: "o\nthree" },
  ]
  expect(linesOf(chunks)).toEqual([
    { at: 1, text: "one" },
    { at: 2, text: "two" },
    { at: 2, text: "three" },
  ])
})
