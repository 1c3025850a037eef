import { afterEach, expect, test, vi } from "vitest"

import { lineLogger, log, showing, tell } from "../../engine/progress.ts"

afterEach(() => {
  vi.restoreAllMocks()
  tell(false)
})

/** What is said of a step and of an exec's output, inside a span and outside of it. */
function saidWith(isShown: boolean): string {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true)
  showing(isShown, () => {
    log("exec kubectl")
    const logger = lineLogger("kubectl")
    logger.write("deployment.apps/web serverside-applied\n")
    logger.end()
  })
  return said.mock.calls.map(([text]) => text as string).join("")
}

test("of a span that is encapsulated, nothing is said", () => {
  tell(true)
  expect(saidWith(false)).toBe("")
})

test("of any other all is said, and of that one for who asks for it", () => {
  tell(true)
  expect(saidWith(true)).toMatch(/exec kubectl\n.*kubectl \| deployment\.apps\/web serverside-applied\n/)
  vi.restoreAllMocks()
  tell(true, true)
  expect(saidWith(false)).toMatch(/exec kubectl\n.*kubectl \| deployment\.apps\/web serverside-applied\n/)
})
