import { expect, test } from "vitest"

import { readResults } from "../../../.dagger/src/monitor/handshake.ts"

const STEPS = ["sign up", "get a token"]
const line = (step: string, problem = "", failure?: object) => `${JSON.stringify({ step, problem, failure })}\n`

test("every step passed", () => {
  const log = `time=1 level=info\n${line("sign up")}${line("get a token")}`
  expect(readResults(log, STEPS).map(({ step }) => step)).toEqual(STEPS)
})

test.each([
  [
    "fails",
    line("sign up", "status 429 instead of 200: …", { kind: "rate-limited" }),
    "status 429",
    "exempt the handshake's account",
    "rate-limited",
  ],
  ["is not sent", `${line("sign up")}panic: no memory\n`, "panic: no memory", "resources", undefined],
])("a step that %s: the error has what happened, and the remedy for its kind", (_, log, why, fix, kind) => {
  expect(() => readResults(log, STEPS)).toThrow(
    expect.objectContaining({
      code: "HANDSHAKE_FAILED",
      kind,
      why: expect.stringContaining(why),
      fix: expect.stringContaining(fix),
    }),
  )
})
