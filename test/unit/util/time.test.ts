import { expect, test } from "vitest"

import { parseDuration, timeOf, today } from "../../../.dagger/src/util/time.js"

test.each([
  ["90s", 90],
  ["10m", 600],
  ["1h", 3600],
  [" 5m ", 300],
])("%j is %d seconds", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds)
})

test.each(["", "10", "10 m", "1h30m", "-5m", "1.5h", "10min"])("%j is refused, with what to write", text => {
  expect(() => parseDuration(text)).toThrow(/ARGUMENTS_INVALID[^]*--timeout=10m/)
})

test("what is no duration is an error with an example", () => {
  expect(() => parseDuration("10 minutes")).toThrow(
    expect.objectContaining({
      code: "ARGUMENTS_INVALID",
      blame: "user",
      what: "--timeout=10 minutes is not a duration",
      why: "expected a whole number and a unit: s, m or h",
      fix: "write for example --timeout=10m",
    }),
  )
})

test("a date of the cluster's is a time, and none is not a number", () => {
  expect(timeOf("2026-01-01T00:00:01Z")).toBe(Date.UTC(2026, 0, 1, 0, 0, 1))
  expect([timeOf(undefined), timeOf(null), timeOf("soon")]).toEqual([NaN, NaN, NaN])
})

test("today is a date", () => {
  expect(today()).toMatch(/^\d{4}-\d\d-\d\d$/)
})
