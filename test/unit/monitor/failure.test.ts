import { expect, test } from "vitest"

import {
  allLimited,
  describeCauses,
  describeFiles,
  describeOutages,
  describePage,
  remediesFor,
  untrustedOutside,
  whatFailed,
} from "../../../.dagger/src/monitor/failure.ts"

const BAD = { kind: "status" as const, status: 502 }
const LATE = { kind: "timeout" as const }

const FILES = {
  name: "the page",
  now: { sent: 7000, failed: 0 },
  before: { sent: 140, failed: 50 },
  failures: [
    {
      path: "/_next/static/a.js",
      page: "before" as const,
      failure: { kind: "status" as const, status: 404 },
      count: 50,
    },
  ],
}

test("files of pages that failed are named, and the remedy says why: two builds at once", () => {
  expect(describePage(FILES)).toEqual([
    "the files of the page: 50 of 7140 failed",
    "  /_next/static/a.js: 50 × status 404, of the page as it was before",
  ])
  expect(describePage({ ...FILES, before: { sent: 140, failed: 0 }, failures: [] })).toEqual([])
  expect(describeFiles({ pages: [FILES, FILES] })).toBe("100 of 14280 requests for pages' files failed")
  expect(remediesFor({ failures: [], pages: [FILES] })).toEqual([expect.stringContaining("two builds answer at once")])
  const late = { ...FILES, failures: [{ ...FILES.failures[0]!, failure: LATE }] }
  expect(remediesFor({ failures: [], pages: [late] })).toEqual([expect.stringContaining("what the answers wait for")])
})

test("where requests fail from outside alone, the remedy is in front of the Services", () => {
  const part = {
    from: "",
    to: "",
    percent: 100,
    seconds: [],
    pages: [],
    latency: { p50: 1, p95: 1, p99: 1, max: 1 },
    sent: 100,
    failed: 0,
    dropped: 0,
    limited: 0,
    failures: [],
    outages: [],
    requests: [{ name: "the page", connection: "new" as const, sent: 100, failed: 0 }],
  }
  const outside = {
    ...part,
    failed: 2,
    percent: 98,
    failures: [{ failure: BAD, count: 2 }],
    requests: [{ name: "the page, from outside", connection: "new" as const, sent: 100, failed: 2 }],
  }
  expect(describeOutages({ ...part, outside })).toEqual([
    "0 of 100 requests failed",
    "2 of 100 requests from outside failed",
    "2 × status 502",
    "the page, from outside, on new connections: 2 of 100 failed",
  ])
  expect(whatFailed({ ...part, outside })).toEqual({
    kind: "status",
    what: "98.000 % of the requests from outside were answered as expected, not 100 %; inside the cluster, all were",
  })
  expect(whatFailed({ ...part, outside }, ["migrate"])).toMatchObject({ kind: "breaking-migration" })
  expect(remediesFor({ ...part, outside })).toEqual([expect.stringContaining("preStop: sleep")])
  expect(remediesFor({ ...part, outside: part })).toEqual([])
  // What fails inside fails outside as well.
  const both = { ...part, failed: 1, percent: 99, failures: [{ failure: LATE, count: 1 }], outside }
  expect(whatFailed(both)).toEqual({
    kind: "timeout",
    what: "99.000 % of the users' requests were answered as expected, not 100 %",
  })
  expect(remediesFor(both)).toEqual([expect.stringContaining("what the answers wait for")])
  expect(whatFailed({ ...part, pages: [FILES], outside: part })).toMatchObject({ kind: "page-files" })
  expect(whatFailed({ ...part, sent: 0, percent: 0 }).what).toMatch(/^0\.000 % of the users' requests/)
})

test("files of pages that fail from outside have its remedies; only a file that is not there is of two builds", () => {
  const page = { ...FILES, failures: [{ ...FILES.failures[0]!, failure: BAD }] }
  const outside = { requests: [{ name: "the page", connection: "new" as const, sent: 9, failed: 0 }], failures: [] }
  expect(remediesFor({ failures: [], pages: [page] })).toEqual([expect.stringContaining("BACKEND_URL")])
  expect(remediesFor({ failures: [], pages: [page], outside: outside as any })).toEqual([
    expect.stringContaining("preStop: sleep"),
  ])
})

test("a monitor that does not trust what it is to ask says so, and what to do", () => {
  const { message } = untrustedOutside("https://shop.example.com")
  for (const text of ["MONITOR_FAILED", "https://shop.example.com", "unknown authority", "monitor.caConfigMap"])
    expect(message).toContain(text)
})

test("what failed is said by kind, by request and as intervals; each kind has its remedy", () => {
  const availability = {
    from: "",
    to: "",
    percent: 90,
    latency: { p50: 1, p95: 1, p99: 1, max: 1 },
    seconds: [],
    sent: 100,
    failed: 10,
    dropped: 3,
    limited: 4,
    failures: [
      { failure: BAD, count: 7 },
      { failure: LATE, count: 3 },
    ],
    outages: [
      {
        from: "2026-11-24T10:00:01.000Z",
        to: "2026-11-24T10:00:04.200Z",
        seconds: 3.2,
        failed: 10,
        failures: [BAD, LATE],
      },
    ],
    requests: [
      { name: "the tasks", connection: "new" as const, sent: 25, failed: 10 },
      { name: "the page", connection: "new" as const, sent: 25, failed: 0 },
    ],
    pages: [],
  }
  expect(describeOutages(availability)).toEqual([
    "10 of 100 requests failed, 3 could not be sent in time, 4 were refused by a rate limit",
    "7 × status 502",
    "3 × timeout",
    "the tasks, on new connections: 10 of 25 failed",
    "outage of 3.2 s, 2026-11-24T10:00:01.000Z to 2026-11-24T10:00:04.200Z: status 502, timeout",
  ])
  // The error ends with the kinds and the requests; when it was stands above.
  const causes = ["7 × status 502", "3 × timeout", "the tasks, on new connections: 10 of 25 failed"]
  expect(describeCauses(availability)).toEqual(causes)
  expect(describeCauses({ ...availability, pages: [FILES] })).toEqual(causes)
  expect(describeCauses({ ...availability, failures: [], requests: [], pages: [FILES] })).toEqual(describePage(FILES))
  const many = { ...availability, requests: Array.from({ length: 9 }, () => availability.requests[0]!) }
  expect(describeCauses(many)).toHaveLength(7)
  expect(describeCauses(many).at(-1)).toBe("… and 5 more")
  expect(remediesFor(availability)).toEqual([
    expect.stringContaining("BACKEND_URL"),
    expect.stringContaining("what the answers wait for"),
  ])
})

test.each([
  ["each request", { kind: "rate-limited" as const }, "rate limited (status 429)", "lower the request's rate"],
  [
    "the sign-in of all",
    { kind: "sign-in" as const, step: "log in", cause: { kind: "rate-limited" as const } },
    "sign-in failed at log in: rate limited (status 429)",
    "another sign-in, and deploy again",
  ],
])("where a rate limit refuses %s before the first change, the error has its remedy", (_, failure, why, fix) => {
  expect(allLimited(failure)).toMatchObject({
    code: "MONITOR_FAILED",
    kind: "rate-limited",
    why,
    fix: expect.stringContaining(fix),
  })
})
