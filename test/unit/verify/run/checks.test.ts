import { describe, expect, test } from "vitest"

import { runRows } from "../../../../.dagger/src/verify/run/checks.js"
import type { Trial } from "../../../../.dagger/src/verify/run/trial.js"

const GOOD: Trial = {
  ranAt: 0,
  problem: null,
  startSeconds: 1.2,
  starvedSeconds: 0.2,
  inFlight: "finished",
  stopSeconds: 0.6,
  output: [],
}
const DEAD: Trial = {
  ranAt: 0,
  problem: "ended after 0.1 s with exit code 1",
  startSeconds: 0.1,
  starvedSeconds: 0,
  output: ["Read-only file system"],
}

function verdicts(confined: Trial, free?: Trial) {
  return Object.fromEntries(runRows({ confined, free, grace: 30 }, 10).map(row => [row.name, row.verdict]))
}

describe("the runs of an image", () => {
  test.each([
    ["that does all it must", [GOOD], ["pass", "pass", "pass", "pass"]],
    ["that runs only with more rights", [DEAD, GOOD], ["fail", "pass", "pass", "pass"]],
    ["that does not run", [DEAD, DEAD], ["not checked", "fail", "not checked", "not checked"]],
    [
      "that started late on a busy machine",
      [{ ...GOOD, startSeconds: 15, starvedSeconds: 6 }],
      ["pass", "pass", "pass", "pass"],
    ],
    ["that starts late", [{ ...GOOD, startSeconds: 15 }], ["pass", "fail", "pass", "pass"]],
    ["that has to be killed", [{ ...GOOD, stopSeconds: null }], ["pass", "pass", "fail", "pass"]],
    ["that loses a request", [{ ...GOOD, inFlight: "lost: [Errno 104]" }], ["pass", "pass", "pass", "fail"]],
    ["that answers before the body came", [{ ...GOOD, inFlight: "not held" }], ["pass", "pass", "pass", "not checked"]],
  ] as [string, [Trial, Trial?], string[]][])("%s", (_, [confined, free], [ofConfined, start, stop, inFlight]) => {
    expect(verdicts(confined, free)).toEqual({ confined: ofConfined, start, stop, "request in flight": inFlight })
  })

  test.each([
    ["goes on and stops", { stopSeconds: 0.6 }, ["pass", "pass", "pass", "not checked"]],
    ["has to be killed", { stopSeconds: null }, ["pass", "pass", "fail", "not checked"]],
    [
      "ends by itself",
      { problem: "ended after 0.1 s with exit code 0" },
      ["not checked", "fail", "not checked", "not checked"],
    ],
  ])("without a port: it %s", (_, change, [ofConfined, start, stop, inFlight]) => {
    const worker: Trial = { ...GOOD, inFlight: undefined, ...change }
    const free = worker.problem ? worker : undefined
    expect(verdicts(worker, free)).toEqual({ confined: ofConfined, start, stop, "request in flight": inFlight })
  })

  test("without a port say that it was not asked", () => {
    const rows = runRows({ confined: { ...GOOD, inFlight: undefined, startSeconds: 5 }, grace: 30 }, 10)
    expect(rows.map(({ how }) => how)).toEqual([
      "tried: it runs like that",
      "tried: it has no port, and went on for 5.0 s",
      "tried: from SIGTERM until it had ended",
      "it has no port",
    ])
  })

  test("give the last lines that it wrote as evidence", () => {
    expect(runRows({ confined: DEAD, free: GOOD, grace: 30 }, 10)[0]).toMatchObject({
      findings: ["Read-only file system"],
    })
  })

  test("are not checked where it does not run without what only the cluster knows", () => {
    const rows = runRows({ confined: DEAD, free: DEAD, grace: 30, unknown: ["DATABASE_URL"] }, 10)
    expect(rows.map(row => row.verdict)).toEqual(Array(4).fill("not checked"))
    expect(rows[0]!.how).toContain("DATABASE_URL")
    expect(runRows({ confined: GOOD, grace: 30, unknown: ["DATABASE_URL"] }, 10)[0]!.verdict).toBe("pass")
  })

  test("are not checked where none was", () => {
    expect(runRows(undefined, 10).map(row => row.verdict)).toEqual(Array(4).fill("not checked"))
  })
})
