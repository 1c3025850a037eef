import { setTimeout as sleep } from "node:timers/promises"

import { expect, test } from "vitest"

import { settleAll } from "../../../.dagger/src/util/settle.ts"

test("what is done side by side answers in its order", async () => {
  expect(await settleAll([sleep(2, "slow"), Promise.resolve(1)])).toEqual(["slow", 1])
})

test("a failure waits for the rest, and the first in order is thrown, not the first in time", async () => {
  const slow = sleep(5).then(() => Promise.reject(new Error("slow")))
  await expect(settleAll([slow, Promise.reject(new Error("quick"))])).rejects.toThrow("slow")
  let ended = false
  const rest = sleep(5).then(() => (ended = true))
  await expect(settleAll([Promise.reject(new Error("quick")), rest])).rejects.toThrow("quick")
  expect(ended).toBe(true)
})
