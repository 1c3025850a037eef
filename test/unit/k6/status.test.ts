import { expect, test } from "vitest"

interface Script {
  isExpectedStatus: (status: number, expected: { status?: number }) => boolean
  isRedirect: (expected: { status?: number }) => boolean
}
const SCRIPT: string = "../../../.dagger/k6/status.js"
const { isExpectedStatus, isRedirect } = (await import(SCRIPT)) as Script

test.each([
  [101, {}, false],
  [199, {}, false],
  [200, {}, true],
  [204, {}, true],
  [307, {}, true],
  [399, {}, true],
  [400, {}, false],
  [401, {}, false],
  [404, {}, false],
  [503, {}, false],
  [200, { status: 200 }, true],
  [204, { status: 200 }, false],
  [307, { status: 200 }, false],
  [401, { status: 401 }, true],
])("an answer with %i, where %j is expected: %s", (status, expected, isRight) => {
  expect(isExpectedStatus(status, expected)).toBe(isRight)
})

test.each([
  [{}, false],
  [{ status: 200 }, false],
  [{ status: 299 }, false],
  [{ status: 300 }, true],
  [{ status: 399 }, true],
  [{ status: 400 }, false],
])("%j is a redirect that must not be followed: %s", (expected, isOne) => {
  expect(isRedirect(expected)).toBe(isOne)
})
