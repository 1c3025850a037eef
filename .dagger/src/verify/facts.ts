import { z } from "zod"

import type { Config } from "../config/schema.js"
import { CloudNativeError } from "../util/errors.js"
import { firstLines, formatTable } from "../util/format.js"
import { readJson } from "../util/json.js"

/** One thing that was found out about an image. */
const FactRow = z.object({
  image: z.string(),
  name: z.string(),
  limit: z.string(),
  actual: z.string(),
  /** A fact that could not be looked at is "not checked", never "pass". */
  verdict: z.enum(["pass", "warn", "fail", "not checked"]),
  how: z.string(),
  /** Where, one by one: a layer and a path, a vulnerability, why a tool failed; never a secret. */
  findings: z.array(z.string()),
})
export type FactRow = z.infer<typeof FactRow>

/** Facts as text, which the objects of the chain carry. */
export function encodeFacts(rows: FactRow[]): string {
  return JSON.stringify(rows)
}

export function decodeFacts(text: string): FactRow[] {
  return readJson(z.array(FactRow), text, "the facts that this object carries")
}

/** A fact, before it is said of which image. */
export type Row = Omit<FactRow, "image" | "findings"> & { findings?: string[] }

/** What a row is about, known before it is checked. */
export type Fact = Pick<Row, "name" | "limit">

/** A fact that could not be looked at, and why. */
export function notChecked(name: string, limit: string, how: string): Row {
  return { name, limit, actual: "—", verdict: "not checked", how }
}

/** The same for every fact of the list. */
export function noneChecked(facts: Fact[], how: string): Row[] {
  return facts.map(({ name, limit }) => notChecked(name, limit, how))
}

/** The rows of a check. Where it runs out of time or its tool fails, one for each of its facts; the config gives a time-out its verdict. */
export function rowsOf(
  facts: Fact[],
  work: Promise<Row[]>,
  onTimeout: Config["verification"]["onTimeout"],
): Promise<Row[]> {
  return work.catch((error: unknown) => rowsWithout(facts, error, onTimeout))
}

function rowsWithout(facts: Fact[], error: unknown, onTimeout: Config["verification"]["onTimeout"]): Row[] {
  if (!(error instanceof CloudNativeError)) throw error
  const { code, what, why, fix } = error
  switch (code) {
    case "TIMED_OUT": {
      const rows = noneChecked(facts, `${what}: ${why}; ${fix}`)
      return onTimeout === "fail" ? rows.map(row => ({ ...row, verdict: "fail" })) : rows
    }
    case "TOOL_FAILED":
      return noneChecked(facts, `${code}: ${what}`).map(row => ({ ...row, verdict: "fail", findings: [why] }))
    default:
      throw error
  }
}

/** Whether no fact fails; warnings and what was not checked do not count. */
export function hasPassed(rows: FactRow[]): boolean {
  return rows.every(row => row.verdict !== "fail")
}

/** The facts as a table, then what was found, one by one. Throws, with the table, when one of them fails. */
export function assertPassed(rows: FactRow[]): string {
  const text = [factTable(rows), ...rows.flatMap(listFindings)].join("\n")
  if (hasPassed(rows)) return text
  throw new CloudNativeError({
    code: "VERIFICATION_FAILED",
    blame: "user",
    what: "an image failed its verification; nothing was pushed",
    evidence: text,
    why: failuresIn(rows),
    fix: "change what the FAIL rows name, or the limits in cloud-native.yaml",
  })
}

/** The facts that fail, a line each. */
function failuresIn(rows: FactRow[]): string {
  const lines = rows
    .filter(({ verdict }) => verdict === "fail")
    .map(({ image, name, limit, actual }) => `${image}: ${name}: ${actual}, the limit: ${limit}`)
  return firstLines(lines, LISTED).join("\n")
}

function factTable(rows: FactRow[]): string {
  return formatTable(
    ["IMAGE", "FACT", "LIMIT", "ACTUAL", "VERDICT", "HOW"],
    rows.map(row => [row.image, row.name, row.limit, row.actual, row.verdict.toUpperCase(), row.how]),
  )
}

/** More of one kind say nothing more; the JSON has them all. */
const SHOWN = 10

/** Failing facts that stand at the end of the error. */
const LISTED = 5

function listFindings({ image, name, findings }: FactRow): string[] {
  if (findings.length === 0) return []
  return [
    "",
    `${image}, ${name}:`,
    ...firstLines(findings, SHOWN).map(finding => `  ${finding.replaceAll("\n", "\n  ")}`),
  ]
}
