import assert from "node:assert/strict"
import { test } from "node:test"

test("answers", async () => {
  await import("./storefront.mjs")
  assert.equal(await (await fetch("http://localhost:3000")).text(), "ok")
  process.emit("SIGTERM")
})
