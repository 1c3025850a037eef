import assert from "node:assert"
import { test } from "node:test"
import { greeting } from "./greeting.mjs"

test("counts entries", () => {
  assert.equal(greeting(1), "One entry")
  assert.equal(greeting(2), "2 entries")
})
