import { describe, expect, test } from "vitest"

import { canonical, digestOf } from "../../../.dagger/src/util/digest.ts"

describe("the canonical form of a value", () => {
  test.each<[unknown, string]>([
    [{ b: 1, a: { d: null, c: "x" } }, '{"a":{"c":"x","d":null},"b":1}'],
    [{ c: 1, b: 2, a: 3, d: 4 }, '{"a":3,"b":2,"c":1,"d":4}'],
    [["b", "a"], '["b","a"]'],
    [null, "null"],
    ["x", '"x"'],
  ])("%j", (value, expected) => {
    expect(canonical(value)).toBe(expected)
  })
})

test("the digest is the SHA-256 of that, as sha256sum prints it", () => {
  expect(digestOf({ a: 1 })).toBe("015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862")
})
