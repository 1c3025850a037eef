import { expect, test } from "vitest"

import { adviceFor, describeOutages } from "../../../.dagger/src/monitor/failure.ts"

const NONE = { failed: 0, dropped: 0, errors: {} }

test("what failed is said by kind, by request and as intervals", () => {
  const availability = {
    from: "",
    to: "",
    percent: 90,
    latency: { p50: 1, p95: 1, p99: 1, max: 1 },
    seconds: [],
    sent: 100,
    failed: 10,
    dropped: 3,
    errors: { "status 502": 7, "time-out": 3 },
    outages: [
      {
        from: "2026-11-24T10:00:01.000Z",
        to: "2026-11-24T10:00:04.200Z",
        seconds: 3.2,
        failed: 10,
        kinds: ["status 502", "time-out"],
      },
    ],
    requests: [
      { name: "the tasks", connection: "new" as const, sent: 25, failed: 10 },
      { name: "the page", connection: "new" as const, sent: 25, failed: 0 },
    ],
  }
  expect(describeOutages(availability)).toEqual([
    "10 of 100 failed, 3 could not be sent in time",
    "7 × status 502",
    "3 × time-out",
    "the tasks, on new connections: 10 of 25 failed",
    "outage of 3.2 s, 2026-11-24T10:00:01.000Z to 2026-11-24T10:00:04.200Z: status 502, time-out",
  ])
})

test.each([
  ["wrong answers", { failed: 2, errors: { "status 502": 1, "wrong body": 1 } }, "answer wrongly"],
  ["a sign-in that is refused", { failed: 2, errors: { "sign in: status 401": 2 } }, "answer wrongly"],
  ["nobody there", { failed: 2, errors: { "status 502": 1, "connection refused": 1 } }, "preStop"],
  ["requests that could not be sent", { dropped: 5 }, "more room"],
])("the advice fits: %s", (_, availability, advice) =>
  expect(adviceFor({ ...NONE, ...availability })).toContain(advice),
)
