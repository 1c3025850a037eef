import { expect, test } from "vitest"

import { describeOutages, remediesFor } from "../../../.dagger/src/monitor/failure.ts"

const BAD = { kind: "status" as const, status: 502 }
const LATE = { kind: "timeout" as const }

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
  }
  expect(describeOutages(availability)).toEqual([
    "10 of 100 requests failed, 3 could not be sent in time, 4 were refused by a rate limit",
    "7 × status 502",
    "3 × timeout",
    "the tasks, on new connections: 10 of 25 failed",
    "outage of 3.2 s, 2026-11-24T10:00:01.000Z to 2026-11-24T10:00:04.200Z: status 502, timeout",
  ])
  expect(remediesFor(availability)).toEqual([
    expect.stringContaining("BACKEND_URL"),
    expect.stringContaining("what the answers wait for"),
  ])
})
