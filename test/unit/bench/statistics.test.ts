import { expect, test } from "vitest"

import { formatRange, rangeOf } from "../../bench/statistics.ts"

test.each([
  [[], undefined],
  [[3], { median: 3, min: 3, max: 3 }],
  [[9, 1, 2], { median: 2, min: 1, max: 9 }],
  [[4, 1, 10, 2], { median: 3, min: 1, max: 10 }],
])("of %j", (values, expected) => {
  expect(rangeOf(values)).toEqual(expected)
})

test.each([
  [[3], "3.0"],
  [[1, 2, 9], "2.0 (1.0–9.0)"],
  [[2.01, 2.02], "2.0"],
])("%j is written as %s", (values, expected) => {
  expect(formatRange(rangeOf(values)!)).toBe(expected)
})
