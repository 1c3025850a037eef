import { z } from "zod"

import { RequestFailure } from "../monitor/request-failure.js"
import { readJson } from "../util/json.js"
import type { DeepReadonly } from "../util/readonly.js"
import { type Code, describeFinding, Finding } from "./finding.js"
import { Lock, longLocks } from "./locks.js"
import type { Step } from "./steps.js"

/** Code on a schema: whether it answers as it is to. */
const Row = z.object({
  code: z.enum(["running", "new"]).describe("The release that runs, or the one that is deployed"),
  schema: z.enum(["old", "new"]).describe("Without and with the migrations of the one that is deployed"),
  verdict: z.enum(["passed", "failed", "not-checked"]),
  requests: z.number().optional().describe("Of those that passed, how many were sent, the handshake's included"),
  finding: Finding.optional().describe("How it failed, or why it was not checked; absent where it passed"),
  lacking: z
    .array(z.string())
    .optional()
    .describe("Variables and volumes that only the cluster has, which may be why; absent where there is none"),
})
export type Row = z.infer<typeof Row>

/** What was found out in containers about the migrations of a release, before they ran. */
export const SchemaTrial = z.object({
  rows: z.array(Row),
  locks: z
    .array(Lock)
    .optional()
    .describe("Exclusive locks of a second and more on tables in use; absent where none was looked for"),
  allowed: z
    .literal(true)
    .optional()
    .describe(
      "Allowed on purpose (--allow-breaking-migration), though it breaks what runs or may do so; absent otherwise",
    ),
})
export type SchemaTrial = z.infer<typeof SchemaTrial>

/** How a step went; see schema.py. */
export const StepResult = z.object({
  name: z.string(),
  seconds: z.number(),
  /** Unset: none. */
  problem: z.string().nullable(),
  /** The application that has ended, or does not start. */
  application: z.string().optional(),
  /** What the migration, or that application, wrote last. */
  output: z.array(z.string()).default([]),
  /** What k6 printed. */
  lines: z.array(z.string()).default([]),
  /** What each application wrote while requests were sent. */
  wrote: z.record(z.string(), z.array(z.string())).default({}),
  /** What was printed beside a migration; unset: nothing was watched. */
  watched: z.array(z.string()).optional(),
})
export type StepResult = z.infer<typeof StepResult>

/** A step that went wrong, with what it left. */
export interface Failed {
  step: Step
  finding: Finding
  /** What only the cluster has. */
  lacking: string[]
  /** For a person: the answer, and what was written. */
  evidence: string[]
}

/** What a branch has shown: its steps, and the results of those that were taken. */
export interface Branch {
  steps: Step[]
  results: StepResult[]
  /** Seconds that it had. */
  seconds: number
}

const COMBINATIONS: [Code, Row["schema"]][] = [
  ["running", "new"],
  ["new", "new"],
  ["new", "old"],
]

export function noneTried(finding: Finding): Row[] {
  return COMBINATIONS.map(([code, schema]) => ({ code, schema, verdict: "not-checked", finding }))
}

/** The steps of a branch that failed, in order: one, or two where it went on. */
export function failuresOf({ steps, results, seconds }: Branch): Failed[] {
  return results.flatMap((result, index) => {
    const step = steps[index]!
    if (result.problem === null) return []
    const { finding, evidence } = readProblem(step, result, seconds)
    return [{ step, finding, lacking: lackingIn(step), evidence }]
  })
}

/** The rows of the report: of the branch with the migrations, and of the one without. */
export function rowsOf(upgrade: Branch, old: Branch): Row[] {
  return [rowOf("running", "new", upgrade), rowOf("new", "new", upgrade), rowOf("new", "old", old)]
}

function rowOf(code: Code, schema: Row["schema"], branch: Branch): Row {
  const own = branch.steps.filter(step => isAbout(step, code))
  const failures = failuresOf(branch)
  const failed = failures.find(({ step }) => own.includes(step))
  // Else it may not have come to that, since another step failed.
  const cause = failed ?? (branch.steps.indexOf(own.at(-1)!) < branch.results.length ? undefined : failures.at(-1))
  if (!cause) {
    const requests = own.flatMap(step => (step.kind === "request" ? step.asked : [])).length
    return { code, schema, verdict: "passed", requests }
  }
  const { finding, lacking } = cause
  const verdict = failed && isTelling(failed) ? "failed" : "not-checked"
  return { code, schema, verdict, finding, ...(lacking.length > 0 && { lacking }) }
}

/** The long locks of the migrations; undefined where none was looked for. */
export function locksOf({ steps, results }: Branch): Lock[] | undefined {
  const watched = results.flatMap(({ watched: lines }, index) => {
    const step = steps[index]!
    return lines && step.kind === "migrate" ? [longLocks(step.job, lines)] : []
  })
  return watched.length > 0 ? watched.flat() : undefined
}

/** Whether what runs may be broken by the migrations, as far as was found out; where nothing runs, nothing is. */
export function mayBreak(rows: Row[]): boolean {
  return rows.some(
    ({ schema, verdict, finding }) =>
      schema === "new" && verdict !== "passed" && finding?.kind !== "no-previous-release",
  )
}

/** Whether a step of a branch is one whose failure says something about this code: the running one is known to work without the migrations. */
function isAbout(step: Step, code: Code): boolean {
  if (step.of !== code) return false
  if (code === "new") return step.kind !== "migrate"
  return step.kind === "request" && step.when === "after"
}

/** What is to keep a release from being deployed: the running code on the new schema, a migration, or the new code, has failed. */
export function breakOf(upgrade: Branch): Failed | undefined {
  return failuresOf(upgrade).find(
    failed => (failed.step.of === "new" || isAbout(failed.step, "running")) && isTelling(failed),
  )
}

/** A failure for which something that only the cluster has may be the cause says nothing; the running code was seen to work without. */
function isTelling({ step, finding, lacking }: Failed): boolean {
  if (finding.kind === "timed-out" || finding.kind === "tool") return false
  return step.of === "running" || lacking.length === 0
}

const Line = z.object({ step: z.string(), problem: z.string(), failure: RequestFailure.optional() })

function readProblem(step: Step, result: StepResult, seconds: number): { finding: Finding; evidence: string[] } {
  const { problem, application = "", output, lines, wrote } = result
  const { of } = step
  if (problem === "timed-out")
    return { finding: { kind: "timed-out", waitedFor: step.name, seconds }, evidence: output }
  if (step.kind === "migrate")
    return { finding: { kind: "migration", of, job: step.job, how: problem! }, evidence: output }
  if (step.kind === "start" || application)
    return { finding: { kind: "start", of, application, how: problem! }, evidence: output }
  const answered = lines.filter(line => line.startsWith('{"step":')).map(line => readJson(Line, line, "a line of k6"))
  const failed = answered.find(({ failure }) => failure)
  if (!failed)
    return { finding: { kind: "tool", why: "k6 ended before every request was sent" }, evidence: lines.slice(-10) }
  const to = step.asked[answered.indexOf(failed)]?.to
  return {
    finding: { kind: "request", of, application: to, request: failed.step, failure: failed.failure! },
    evidence: [
      failed.problem,
      ...Object.entries(wrote).flatMap(([name, written]) => written.map(line => `${name}: ${line}`)),
    ],
  }
}

/** What the containers of a step lack of the cluster. */
function lackingIn(step: Step): string[] {
  const programs = step.kind === "migrate" ? [step.program] : Object.values(step.side.applications)
  return [...new Set(programs.flatMap(({ pod }) => pod.unknown ?? []))]
}

const CODES: Record<Code, string> = { running: "running code", new: "new code" }

/** running code on the new schema */
function nameOf({ code, schema }: Pick<Row, "code" | "schema">): string {
  return `${CODES[code]} on the ${schema} schema`
}

const VERDICTS: Record<Row["verdict"], string> = { passed: "PASS", failed: "FAIL", "not-checked": "not checked" }

/** How a row came about. */
export function reasonOf(row: DeepReadonly<Row>): string {
  const { code, schema, verdict, requests, finding, lacking } = row
  if (!finding) return `${requests} requests in containers answered as expected`
  const text = `${describeFinding(finding)}${lacking ? `; containers lack ${lacking.join(", ")}` : ""}`
  if (verdict === "failed" && schema === "old") return `${text}: it needs its migrations`
  const isOfRunning = verdict === "not-checked" && "of" in finding && finding.of === "running"
  return isOfRunning ? `${text}, in containers already without ${code === "new" ? "its" : "the new"} migrations` : text
}

/** For a person, with why it matters. */
export function describeLock({ migration, table, seconds }: DeepReadonly<Lock>): string {
  return `${migration} locks ${table} for ${seconds.toFixed(1)} s, with a few rows in it: nobody reads or writes it meanwhile`
}

/** A row of a table: what was tried, the verdict, and how it came about. */
export function cellsOf(row: DeepReadonly<Row>): string[] {
  return [nameOf(row), VERDICTS[row.verdict], reasonOf(row)]
}

/** The same as one line. */
export function describeRow(row: Row): string {
  return cellsOf(row).join(": ")
}

/** Why nothing at all was tried, where it is one reason. */
export function untriedBecause(rows: DeepReadonly<Row[]>): string | undefined {
  const reasons = new Set(rows.map(row => (row.verdict === "not-checked" ? describeFinding(row.finding!) : undefined)))
  const [reason] = reasons
  return reasons.size === 1 ? reason : undefined
}
