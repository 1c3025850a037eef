import { describe, expect, test } from "vitest"

import { refusalOf } from "../../../.dagger/src/schema/refusal.ts"
import { oldSchemaSteps, type Step, upgradeSteps } from "../../../.dagger/src/schema/steps.ts"
import {
  type Branch,
  breakOf,
  describeLock,
  describeRow,
  failuresOf,
  locksOf,
  mayBreak,
  noneTried,
  reasonOf,
  rowsOf,
  StepResult,
  untriedBecause,
} from "../../../.dagger/src/schema/verdict.ts"
import { sampleTrial } from "./releases.ts"

const TRIAL = sampleTrial()
const UPGRADE = upgradeSteps(TRIAL)
const OLD = oldSchemaSteps(TRIAL)

/** A branch as schema.py leaves it: what of its steps goes wrong, by position. */
function branch(steps: Step[], problems: Record<number, Partial<StepResult>> = {}): Branch {
  const results: StepResult[] = []
  for (const [index, step] of steps.entries()) {
    const problem = problems[index]
    results.push(StepResult.parse({ name: step.name, seconds: 1, problem: null, ...problem }))
    if (problem && !(step.kind === "request" && step.goesOn)) break
  }
  return { steps, results, seconds: 600 }
}

const line = (step: string, failure?: object) =>
  JSON.stringify({ step, problem: failure ? "status 500 …" : "", failure })
const unanswered = (step: string, at: number): Partial<StepResult> => {
  const { asked } = UPGRADE[at] as Extract<Step, { kind: "request" }>
  const before = asked
    .slice(
      0,
      asked.findIndex(({ name }) => name === step),
    )
    .map(({ name }) => line(name))
  return {
    problem: "unanswered",
    lines: ["some output of k6", ...before, line(step, { kind: "status", status: 500 })],
    wrote: { backend: ['column "title" does not exist'] },
  }
}
const [MIGRATION, START, BEFORE, NEW_MIGRATION, AFTER, NEW_START, NEW] = [0, 2, 4, 5, 8, 9, 11] as const
const READ_BACK = unanswered("read it back through the frontend", AFTER)

const verdicts = (upgrade: Branch, old = branch(OLD)) => rowsOf(upgrade, old).map(({ verdict }) => verdict)

describe("rows", () => {
  test("pass with the number of requests", () => {
    const rows = rowsOf(branch(UPGRADE), branch(OLD))
    expect(rows.map(describeRow)).toEqual([
      "running code on the new schema: PASS: 13 requests in containers answered as expected",
      "new code on the new schema: PASS: 13 requests in containers answered as expected",
      "new code on the old schema: PASS: 13 requests in containers answered as expected",
    ])
    expect(breakOf(branch(UPGRADE))).toBeUndefined()
  })

  test("a migration that breaks what runs fails its row alone: the new code is tried all the same", () => {
    const upgrade = branch(UPGRADE, { [AFTER]: READ_BACK })
    expect(verdicts(upgrade)).toEqual(["failed", "passed", "passed"])
    expect(describeRow(rowsOf(upgrade, branch(OLD))[0]!)).toBe(
      "running code on the new schema: FAIL: read it back through the frontend, of frontend, of the running release: status 500",
    )
    expect(rowsOf(upgrade, branch(OLD))[0]!.finding).toEqual({
      kind: "request",
      of: "running",
      application: "frontend",
      request: "read it back through the frontend",
      failure: { kind: "status", status: 500 },
    })
  })

  test.each<[string, Record<number, Partial<StepResult>>, string[], boolean]>([
    [
      "the running release's own migrations fail",
      { [MIGRATION]: { problem: "exit code 1" } },
      ["not-checked", "not-checked"],
      false,
    ],
    [
      "it does not start",
      { [START]: { problem: "/health answers 503", application: "backend" } },
      ["not-checked", "not-checked"],
      false,
    ],
    [
      "it does not answer on its own schema",
      { [BEFORE]: unanswered("sign up", BEFORE) },
      ["not-checked", "not-checked"],
      false,
    ],
    ["the new migrations fail", { [NEW_MIGRATION]: { problem: "exit code 1" } }, ["not-checked", "not-checked"], true],
    [
      "an application of the running release ends",
      { [AFTER]: { problem: "exit code 1", application: "backend" } },
      ["failed", "passed"],
      true,
    ],
    [
      "the new code does not start",
      { [NEW_START]: { problem: "exit code 1", application: "backend" } },
      ["passed", "failed"],
      true,
    ],
    ["the new code does not answer", { [NEW]: unanswered("sign up", NEW) }, ["passed", "failed"], true],
    [
      "time is up while the new migrations run",
      { [NEW_MIGRATION]: { problem: "timed-out" } },
      ["not-checked", "not-checked"],
      false,
    ],
    ["k6 ends early", { [AFTER]: { problem: "unanswered", lines: ["killed"] } }, ["not-checked", "passed"], false],
  ])("%s", (_, problems, expected, isRefused) => {
    const upgrade = branch(UPGRADE, problems)
    expect(verdicts(upgrade)).toEqual([...expected, "passed"])
    expect(breakOf(upgrade) !== undefined).toBe(isRefused)
  })

  test("new code that needs its migrations fails on the old schema, which refuses nothing", () => {
    const old = branch(OLD, { 4: unanswered("sign up", NEW) })
    const row = rowsOf(branch(UPGRADE), old)[2]!
    expect(describeRow(row)).toBe(
      "new code on the old schema: FAIL: sign up, of frontend, of this release: status 500: it needs its migrations",
    )
  })

  test("new code that does not start on its own schema is not said to need migrations", () => {
    const upgrade = branch(UPGRADE, { [NEW_START]: { problem: "exit code 1", application: "backend" } })
    expect(describeRow(rowsOf(upgrade, branch(OLD))[1]!)).toBe(
      "new code on the new schema: FAIL: backend of this release does not run: exit code 1",
    )
  })

  test("a start that fails names what failed, though no application is named", () => {
    const [failed] = failuresOf(branch(UPGRADE, { [NEW_START]: { problem: "no such port", output: ["written"] } }))
    expect(failed!.finding).toEqual({ kind: "start", of: "new", application: "", how: "no such port" })
    expect(failed!.evidence).toEqual(["written"])
  })

  test("of k6 that ends early, its last ten lines are told", () => {
    const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`)
    const [failed] = failuresOf(branch(UPGRADE, { [AFTER]: { problem: "unanswered", lines } }))
    expect(failed!.finding).toEqual({ kind: "tool", why: "k6 ended before every request was sent" })
    expect(failed!.evidence).toEqual(lines.slice(2))
  })

  test("of a request that failed, the answer and what each application wrote are told", () => {
    const [failed] = failuresOf(branch(UPGRADE, { [AFTER]: READ_BACK }))
    expect(failed!.evidence).toEqual(["status 500 …", 'backend: column "title" does not exist'])
  })

  test("a line of k6 that is of none of the requests names no application", () => {
    const { asked } = UPGRADE[BEFORE] as Extract<Step, { kind: "request" }>
    const lines = [...asked.map(({ name }) => line(name)), line("another", { kind: "timeout" })]
    const [failed] = failuresOf(branch(UPGRADE, { [BEFORE]: { problem: "unanswered", lines } }))
    expect(failed!.finding).toMatchObject({ kind: "request", request: "another", application: undefined })
  })

  test("what k6 does not print is this module's bug", () => {
    const broken = branch(UPGRADE, { [BEFORE]: { problem: "unanswered", lines: ['{"step":1}'] } })
    expect(() => failuresOf(broken)).toThrow(/a line of k6 is not of the shape/)
  })

  test("without a handshake, the running code is not seen to pass where the last migration fails", () => {
    const trial = sampleTrial()
    trial.running.expectations.handshake = []
    const steps = upgradeSteps(trial)
    const last = steps.findLastIndex(({ kind }) => kind === "migrate")
    const upgrade = branch(steps, { [last]: { problem: "exit code 1" } })
    expect(verdicts(upgrade).slice(0, 2)).toEqual(["not-checked", "not-checked"])
  })

  test("a migration for which containers lack something refuses nothing, and says all that they lack", () => {
    const trial = sampleTrial()
    trial.coming.migrations[0]!.pod.unknown = ["LICENCE_KEY", "volume data"]
    const upgrade = branch(upgradeSteps(trial), { [NEW_MIGRATION]: { problem: "exit code 1" } })
    expect(breakOf(upgrade)).toBeUndefined()
    expect(reasonOf(rowsOf(upgrade, branch(OLD))[1]!)).toMatch(/; containers lack LICENCE_KEY, volume data$/)
  })

  test("a program of which nothing is said to be lacking lacks nothing", () => {
    const trial = sampleTrial()
    for (const { pod } of Object.values(trial.coming.applications)) delete pod.unknown
    const upgrade = branch(upgradeSteps(trial), { [NEW_START]: { problem: "exit code 1", application: "backend" } })
    expect(rowsOf(upgrade, branch(OLD))[1]).toMatchObject({ verdict: "failed" })
    expect(breakOf(upgrade)?.lacking).toEqual([])
  })

  test("new code for which containers lack something is not checked, with what they lack", () => {
    const trial = sampleTrial()
    trial.coming.applications.backend!.pod.unknown = ["LICENCE_KEY"]
    const upgrade = branch(upgradeSteps(trial), { [NEW_START]: { problem: "exit code 1", application: "backend" } })
    const row = rowsOf(upgrade, branch(OLD))[1]!
    expect(row).toMatchObject({ verdict: "not-checked", lacking: ["LICENCE_KEY"] })
    expect(reasonOf(row)).toMatch(/exit code 1; containers lack LICENCE_KEY$/)
    expect(breakOf(upgrade)).toBeUndefined()
  })

  test("what the running code lacks is no excuse: it was seen to work without", () => {
    const trial = sampleTrial()
    trial.running.applications.backend!.pod.unknown = ["LICENCE_KEY"]
    expect(verdicts(branch(upgradeSteps(trial), { [AFTER]: READ_BACK }))[0]).toBe("failed")
  })

  test("say where nothing was tried why, and never that it passed", () => {
    const rows = noneTried({ kind: "no-previous-release" })
    expect(rows).toHaveLength(3)
    for (const row of rows)
      expect(describeRow(row)).toMatch(/: not checked: no release runs that this module has recorded$/)
  })

  test("of the running release that fails on its own schema say that containers do not stand for the cluster", () => {
    const upgrade = branch(UPGRADE, { [MIGRATION]: { problem: "exit code 1" } })
    expect(rowsOf(upgrade, branch(OLD)).slice(0, 2).map(reasonOf)).toEqual([
      expect.stringMatching(
        /^the migration backend-migration-\w+ of the running release failed: exit code 1, in containers already without the new migrations$/,
      ),
      expect.stringMatching(/without its migrations$/),
    ])
  })

  test("name what time was up for", () => {
    const upgrade = branch(UPGRADE, { [START]: { problem: "timed-out" } })
    expect(reasonOf(rowsOf(upgrade, branch(OLD))[0]!)).toBe("waited 600 s for the running release to start")
  })
})

describe("locks", () => {
  const watched = (seconds: number) => [
    JSON.stringify({ at: 100, table: "items", holder: 1 }),
    JSON.stringify({ at: 100 + seconds, table: "items", holder: 1 }),
  ]
  const results = (lines?: string[]) => ({
    ...branch(UPGRADE),
    results: branch(UPGRADE).results.map((result, index) =>
      index === NEW_MIGRATION ? { ...result, watched: lines } : result,
    ),
  })

  test("of a migration are told with their seconds", () => {
    const [lock] = locksOf(results(watched(3)))!
    expect(describeLock(lock!)).toMatch(/^backend-migration-\w+ locks items for 3\.0 s, with a few rows in it/)
  })

  test("that were not looked for are not told of as none", () => {
    expect(locksOf(results(watched(0.2)))).toEqual([])
    expect(locksOf(results())).toBeUndefined()
  })

  test("are no migration's that were seen beside another step", () => {
    const upgrade = branch(UPGRADE)
    upgrade.results[AFTER] = { ...upgrade.results[AFTER]!, watched: watched(3) }
    expect(locksOf(upgrade)).toBeUndefined()
  })
})

test("a reason that all rows have is told once", () => {
  expect(untriedBecause(noneTried({ kind: "no-services" }))).toMatch(/^cloud-native.yaml names no database/)
  expect(untriedBecause(rowsOf(branch(UPGRADE), branch(OLD)))).toBeUndefined()
  expect(
    untriedBecause([...noneTried({ kind: "no-services" }), ...rowsOf(branch(UPGRADE), branch(OLD))]),
  ).toBeUndefined()
})

test("what may break what runs: all that was not seen to pass, unless nothing runs", () => {
  expect(mayBreak(rowsOf(branch(UPGRADE), branch(OLD, { 4: unanswered("sign up", NEW) })))).toBe(false)
  expect(mayBreak(rowsOf(branch(UPGRADE, { [AFTER]: READ_BACK }), branch(OLD)))).toBe(true)
  expect(mayBreak(noneTried({ kind: "no-services" }))).toBe(true)
  expect(mayBreak(noneTried({ kind: "no-previous-release" }))).toBe(false)
  expect(mayBreak([{ code: "running", schema: "new", verdict: "failed" }])).toBe(true)
})

describe("the refusal", () => {
  const refused = (problems: Record<number, Partial<StepResult>>) => {
    const upgrade = branch(UPGRADE, problems)
    return refusalOf(breakOf(upgrade)!, rowsOf(upgrade, branch(OLD)))
  }

  test("of what breaks the running release: the request, what the applications wrote, expand and contract", () => {
    const { code, kind, blame, evidence, message } = refused({ [AFTER]: READ_BACK })
    expect(code).toBe("MIGRATION_BREAKS_RUNNING")
    expect(kind).toBe("status")
    expect(blame).toBe("user")
    expect(evidence?.split("\n").slice(1)).toEqual([
      "new code on the new schema: PASS: 13 requests in containers answered as expected",
      "new code on the old schema: PASS: 13 requests in containers answered as expected",
      "status 500 …",
      'backend: column "title" does not exist',
    ])
    for (const text of [
      "the migrations break what runs; nothing was changed",
      "cause: read it back through the frontend, of frontend, of the running release: status 500\n→ ",
      "running code on the new schema: FAIL",
      "new code on the new schema: PASS",
      'backend: column "title" does not exist',
      "expand in this release",
      "contract in a later release",
      "--allow-breaking-migration",
    ])
      expect(message).toContain(text)
  })

  test("of a migration that fails: its output", () => {
    const { code, kind, message } = refused({
      [NEW_MIGRATION]: { problem: "exit code 1", output: ["relation exists"] },
    })
    expect(code).toBe("MIGRATION_TRIAL_FAILED")
    expect(kind).toBe("migration")
    for (const text of [
      "in containers, this release fails; nothing was changed",
      "cause: the migration",
      "failed: exit code 1",
      "relation exists",
      "correct the migration: it ran after those of the running release, on a database with a few rows",
    ])
      expect(message).toContain(text)
  })

  test("of new code that does not answer, or does not start", () => {
    expect(refused({ [NEW]: unanswered("sign up", NEW) }).message).toContain("see in the applications' logs")
    const { kind, message } = refused({ [NEW_START]: { problem: "exit code 1", application: "backend" } })
    expect(kind).toBe("start")
    expect(message).toContain("backend of this release does not run: exit code 1")
    expect(message).toContain("goes into ephemeral.secrets and services of cloud-native.yaml")
    expect(message).not.toContain("correct the migration")
  })
})
