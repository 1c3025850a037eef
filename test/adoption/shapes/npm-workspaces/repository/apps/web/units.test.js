import { celsius } from "@weather/units"
import { expect, test } from "vitest"

test("is warm", () => {
  expect(celsius(68)).toBe(20)
})
