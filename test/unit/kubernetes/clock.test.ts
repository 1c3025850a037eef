import { describe, expect, test } from "vitest"

import { leastOffset } from "../../../.dagger/src/kubernetes/clock.ts"

describe("this machine's clock is corrected", () => {
  const sent = Date.parse("2026-11-24T10:00:00.700Z")
  const received = sent + 400
  test.each([
    ["not at all, where the cluster's says the same second", "2026-11-24T10:00:00Z", 0],
    ["not at all, where it says the next one, which began meanwhile", "2026-11-24T10:00:01Z", 0],
    ["by the least that explains that the cluster's is behind", "2026-11-24T09:59:00Z", -60_000 + 300],
    ["by the least that explains that the cluster's is ahead", "2026-11-24T10:01:00Z", 60_000 - 1100],
  ])("%s", (_, date, expected) => {
    expect(leastOffset(Date.parse(date), sent, received)).toBe(expected)
  })
})
