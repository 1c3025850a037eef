import { expect, test } from "vitest"

import { formatTable, humanSize } from "../../../.dagger/src/util/format.ts"

test("a table has a column as wide as its widest cell, and no spaces at the end of a line", () => {
  expect(
    formatTable(
      ["a", "longest", "c"],
      [
        ["wider", "b", ""],
        ["x", "y", "last"],
      ],
    ),
  ).toBe("a      longest  c\nwider  b\nx      y        last")
})

test("a size is in decimal megabytes, as registries have it", () => {
  expect([48_360_000, 0, 1_500_000_000].map(humanSize)).toEqual(["48.4 MB", "0.0 MB", "1500.0 MB"])
})
