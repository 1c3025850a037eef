import { expect, test } from "vitest"

import { parseDuration } from "../../../.dagger/src/util/time.js"

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
