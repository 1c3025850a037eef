import { expect, test } from "vitest"

import { logProblems } from "../../lab/log.ts"

test("a log of phases is short enough", () => {
  expect(logProblems("  1.2s deploy | rollout: backend: 1/2 new\n".repeat(100))).toEqual([])
})

test.each([
  ["  1.2s build | #12 RUN npm ci\n".repeat(401), ["401 lines, most of them build | #12 RUN npm "]],
  [`${"x".repeat(400)}\n`.repeat(200), ["80200 bytes"]],
  [`get pods: ${"x".repeat(500)}\n`, [`a line of 510 characters: get pods: ${"x".repeat(90)}`]],
])("one that nobody reads is told by its length (%#)", (log, problems) => {
  expect(logProblems(log)).toEqual(problems)
})
