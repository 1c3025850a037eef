// The table of docs/faults.md, from the result of `npm run test:faults`.
import { z } from "zod"

import type { Measured } from "../faults/measure.ts"
import { table } from "./markdown.ts"

/** The report of vitest's JSON reporter. */
const Result = z.object({
  startTime: z.number(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          title: z.string(),
          status: z.string(),
          meta: z.object({ measured: z.custom<Measured>().optional() }).prefault({}),
        }),
      ),
    }),
  ),
})
type Test = z.infer<typeof Result>["testResults"][number]["assertionResults"][number]

const MARKERS = ["<!-- measured: begin -->", "<!-- measured: end -->"] as const

const SINCE: Record<Measured["since"], string> = {
  cause: "since the cluster showed it",
  request: "since the first failed request",
  migration: "since the migration began",
  apply: "since the release was applied",
  call: "since the call",
}

/** The page with the table of a run in place of the one that it has. */
export function faultsPage(page: string, result: string): string {
  const [begin, end] = MARKERS.map(marker => page.indexOf(marker)) as [number, number]
  if (begin === -1 || end < begin) throw new Error(`docs/faults.md has no ${MARKERS.join(" and ")}`)
  return `${page.slice(0, begin + MARKERS[0].length)}\n${faultsTable(result)}\n${page.slice(end)}`
}

/** Only of a run in which every test passed: what is left out would look as if it had never been there. */
function faultsTable(result: string): string {
  const { startTime, testResults } = Result.parse(JSON.parse(result))
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const missing = tests
    .filter(({ status }) => status !== "passed")
    .map(({ fullName, status }) => `${fullName}: ${status}`)
  if (missing.length > 0) throw new Error(`not every test passed; npm run test:faults, whole:\n${missing.join("\n")}`)
  const rows = tests
    .map(test => ({ test, ...titleOf(test) }))
    .sort((a, b) => a.family - b.family || a.name.localeCompare(b.name))
    .map(({ test, family, name }) => [Number.isFinite(family) ? String(family) : "", name, ...cellsOf(test)])
  const header = ["Family", "What happens", "Error", "Verdict", "Previous version whole again"]
  return `\nMeasured on ${new Date(startTime).toISOString().slice(0, 10)}.\n\n${table(header, rows)}\n`
}

/** "4: crashes-at-once", named by its folder, is of family 4; a control has none. */
function titleOf({ title }: Test): { family: number; name: string } {
  const [, family, name] = /^(\d+|control): ([^]*)$/.exec(title) ?? []
  if (!name) throw new Error(`the name of the test "${title}" does not begin with a family`)
  return {
    family: family === "control" ? Infinity : Number(family),
    name: name.includes(" ") ? name : name.replaceAll("-", " "),
  }
}

function cellsOf({ meta: { measured } }: Test): string[] {
  if (!measured) return ["", "", ""]
  const { code, since, verdict, whole } = measured
  return [`\`${code}\``, `${verdict.toFixed(1)} s ${SINCE[since]}`, whole === undefined ? "" : `${whole.toFixed(1)} s`]
}
