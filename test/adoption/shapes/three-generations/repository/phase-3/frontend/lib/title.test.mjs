import assert from "node:assert"
import { test } from "node:test"
import { title } from "./title.mjs"

test("says how much there is to do", () => {
  assert.equal(title(0), "Nothing to do")
  assert.equal(title(2), "2 to do")
})
