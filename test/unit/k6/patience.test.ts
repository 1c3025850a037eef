import { expect, test } from "vitest"

interface Answer {
  status: number
  headers: Record<string, string>
}
interface Script {
  pauseAfter: (answer: Answer, spent: number, mayPass: (answer: Answer) => boolean) => number | undefined
  retryAfter: (answer: Answer) => number
}
const SCRIPT: string = "../../../.dagger/k6/patience.js"
const { pauseAfter, retryAfter } = (await import(SCRIPT)) as Script

const answer = (status: number, headers: Record<string, string> = {}): Answer => ({ status, headers })
const isUnanswered = ({ status }: Answer) => status === 0
const MINUTE = { "Retry-After": "60" }

test.each<[what: string, answer: Answer, spent: number, pause: number | undefined]>([
  ["nothing answered: again after a second", answer(0), 0, 1],
  ["nothing answered, until the patience ends", answer(0), 19, 1],
  ["nothing answered for longer", answer(0), 19.5, undefined],
  ["an answer that is wrong stands", answer(401), 0, undefined],
  ["a server's error stands, unless it may pass", answer(503), 0, undefined],
  ["a rate limit: when it says so", answer(429, { "Retry-After": "7" }), 0, 7],
  ["a rate limit by the minute, once", answer(429, MINUTE), 1, 60],
  ["a rate limit by the minute, not twice", answer(429, MINUTE), 61, undefined],
  ["a rate limit that says nothing", answer(429), 50, 10],
])("%s", (_, given, spent, pause) => {
  expect(pauseAfter(given, spent, isUnanswered)).toBe(pause)
})

test.each([
  ["the standard header", { "Retry-After": "7" }, 7],
  ["Better Auth's own", { "X-Retry-After": "8" }, 8],
  ["a date, which is not read", { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" }, 10],
  ["at least a second", { "Retry-After": "0.1" }, 1],
  ["at most a minute", { "Retry-After": "3600" }, 60],
  ["no header", {}, 10],
])("the seconds that a limit asks for: %s", (_, headers, seconds) => {
  expect(retryAfter(answer(429, headers))).toBe(seconds)
})
