import { expect, test } from "vitest"

import { leaves, stepsOf } from "../../../.dagger/src/util/leaves.ts"

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

test.each<[string, (string | number)[]]>([
  ["spec.containers[10].image", ["spec", "containers", 10, "image"]],
  ["[0].a", [0, "a"]],
  ["", []],
])("the steps of the path %j", (path, steps) => {
  expect(stepsOf(path)).toEqual(steps)
})
