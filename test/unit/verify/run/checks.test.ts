import { describe, expect, test } from "vitest"

import { runFacts, runRows } from "../../../../.dagger/src/verify/run/checks.js"
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

  const LACKS = "it may need the volume data, which only a cluster has: ended after 0.1 s with exit code 1"
  test.each([
    ["runs only with more rights", DEAD, GOOD, "not checked", LACKS],
    ["runs as it is", GOOD, undefined, "pass", "tried: it answers like that"],
  ])("that mounts a volume which only a cluster has, and %s", (_, confined, free, verdict, how) => {
    const [row] = runRows({ confined, free, grace: 30, unknown: ["volume data"], volumes: ["data"] }, 10)
    expect(row).toMatchObject({ name: "confined", verdict, how })
  })

  const NOT_RUN = "—: it does not run"

  test.each<[string, [Trial, Trial?], Record<string, string>]>([
    [
      "does all it must",
      [GOOD],
      {
        confined: "runs: tried: it answers like that",
        start: "1.0 s: tried: until its health path answered, less 0.2 s without a processor",
        stop: "0.6 s: tried: from SIGTERM until it had ended",
        "request in flight": "finished: tried: SIGTERM came while its body was being sent",
      },
    ],
    [
      "runs only with more rights",
      [DEAD, GOOD],
      { confined: "does not run: tried: ended after 0.1 s with exit code 1; with more rights it runs" },
    ],
    [
      "does not run",
      [DEAD, DEAD],
      {
        confined: "—: it does not run at all",
        start: "did not answer: ended after 0.1 s with exit code 1",
        stop: NOT_RUN,
        "request in flight": NOT_RUN,
      },
    ],
    ["has to be killed", [{ ...GOOD, stopSeconds: null }], { stop: "had to be killed: tried: SIGTERM did not end it" }],
    [
      "loses a request",
      [{ ...GOOD, inFlight: "lost: [Errno 104]" }],
      { "request in flight": "lost: tried: SIGTERM came while its body was being sent; lost: [Errno 104]" },
    ],
    [
      "answers before the body came",
      [{ ...GOOD, inFlight: "not held" }],
      { "request in flight": "—: none stays open: name a path whose POST reads a body (inFlight)" },
    ],
    [
      "has no port",
      [{ ...GOOD, inFlight: undefined }],
      { start: "runs: tried: it has no port, and went on for 1.2 s", "request in flight": "—: it has no port" },
    ],
  ])("say what was seen of an image that %s", (_, [confined, free], expected) => {
    const rows = runRows({ confined, free, grace: 30 }, 10)
    expect(Object.fromEntries(rows.map(({ name, actual, how }) => [name, `${actual}: ${how}`]))).toMatchObject(expected)
  })

  test.each([
    [9.9, "pass"],
    [10, "fail"],
  ])("pass a start of %d s, of less than 10 s: %s", (seconds, verdict) => {
    const trial = { ...GOOD, startSeconds: seconds, starvedSeconds: 0 }
    expect(runRows({ confined: trial, grace: 30 }, 10)[1]).toMatchObject({ name: "start", verdict })
  })

  test("are not checked where a run that is confined fails, and no other was tried", () => {
    expect(verdicts(DEAD)).toMatchObject({ confined: "fail", start: "fail", stop: "not checked" })
  })

  test.each([
    [30, "< 30 s"],
    [undefined, "in time"],
  ])("have a limit that is known before: a grace of %s s", (grace, limit) => {
    expect(Object.values(runFacts(10, grace)).map(fact => `${fact.name}: ${fact.limit}`)).toEqual([
      "confined: read-only root, no capabilities",
      "start: < 10 s",
      `stop: ${limit}`,
      "request in flight: finished",
    ])
  })

  test("give the last lines that it wrote as evidence", () => {
    expect(runRows({ confined: DEAD, free: GOOD, grace: 30 }, 10)[0]).toMatchObject({
      findings: ["Read-only file system"],
    })
  })

  test("are not checked where it does not run without what only the cluster knows", () => {
    const rows = runRows({ confined: DEAD, free: DEAD, grace: 30, unknown: ["DATABASE_URL", "volume data"] }, 10)
    expect(rows.map(row => row.verdict)).toEqual(Array(4).fill("not checked"))
    expect(rows[0]!.how).toBe(
      "it does not run without DATABASE_URL, volume data: only a cluster has that, or ephemeral.secrets for what is a secret",
    )
    expect(runRows({ confined: GOOD, grace: 30, unknown: ["DATABASE_URL"] }, 10)[0]!.verdict).toBe("pass")
  })

  test("are not checked where none was", () => {
    const rows = runRows(undefined, 10)
    expect(rows.map(row => row.verdict)).toEqual(Array(4).fill("not checked"))
    expect(rows[2]).toMatchObject({ limit: "in time", how: "say where it answers: --port and --health" })
  })
})
