import { expect, test } from "vitest"

import { leaves } from "../../../.dagger/src/util/leaves.ts"

test.each<[unknown, [string, string][]]>([
  [{ a: { b: 1 } }, [["a.b", "1"]]],
  [
    { a: [{ b: "x" }, "y"] },
    [
      ["a[0].b", '"x"'],
      ["a[1]", '"y"'],
    ],
  ],
  [
    { a: null, b: {}, c: [] },
    [
      ["a", "null"],
      ["b", "{}"],
      ["c", "[]"],
    ],
  ],
  ["x", [["", '"x"']]],
])("the values in %j", (value, expected) => {
  expect(leaves(value)).toEqual(expected)
})
