import { describe, expect, test } from "vitest"

import { budgetOf, planCollection, type Stored } from "../../engine/gc.ts"

const stored = (path: string, bytes: number, usedAt: number): Stored => ({ path, bytes, usedAt })
const CACHE = [stored("layers/b", 4, 20), stored("trees/a", 3, 10), stored("files/c", 5, 30), stored("layers/d", 2, 40)]

describe("what is collected", () => {
  test.each<[string, number, number, string[]]>([
    ["nothing within the budget", 14, 100, []],
    ["the least recently used, until the rest is within the budget", 10, 100, ["trees/a", "layers/b"]],
    ["no more than that", 11, 100, ["trees/a"]],
    ["all, for a budget of nothing", 0, 100, ["trees/a", "layers/b", "files/c", "layers/d"]],
    ["nothing that was used since the oldest session began", 0, 30, ["trees/a", "layers/b"]],
    ["nothing at all, if that session has used all of it", 0, 10, []],
  ])("%s", (_, budget, inUse, expected) => {
    expect(planCollection(CACHE, budget, inUse)).toEqual(expected)
  })
})

test("the budget is 10 GB, or what is set", () => {
  expect(budgetOf("")).toBe(10e9)
  expect(budgetOf("2.5")).toBe(2.5e9)
  expect(() => budgetOf("much")).toThrow("CLOUD_NATIVE_CACHE_GB=much is not a number of gigabytes")
})
