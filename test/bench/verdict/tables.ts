import { formatTable } from "../../../.dagger/src/util/format.ts"
import type { Case, Verdict } from "../schema.ts"
import { formatRange } from "../statistics.ts"
import { judge, type Judgement } from "./limits.ts"
import { falseAlarms, isFound, MODULE, summarize, type Summary } from "./summary.ts"

/** All of the part, as tables for a person. */
export function formatVerdict(verdict: Verdict): string {
  const { cases, rounds } = verdict
  const of = (kind: Case["kind"]) => cases.filter(one => one.kind === kind)
  const parts: [string, Case[], Cell][] = [
    ["Seconds from the faulty spec to the verdict", of("fault"), verdictCell],
    [
      "Seconds from the faulty spec until the previous version was whole again, and requests that failed",
      of("fault"),
      wholeCell,
    ],
    ["Good releases that start badly: seconds to the verdict", of("control"), controlCell],
    ["Good releases: seconds of the call", of("change"), changeCell],
  ]
  const tables = parts
    .filter(([, some]) => some.length > 0)
    .map(
      ([title, some, cell]) =>
        `${title}${rounds > 1 ? `, medians of ${rounds} rounds with their range` : ""}\n${table(verdict, some, cell)}`,
    )
  return [toolsText(verdict), ...tables, judgementsText(judge(verdict))].join("\n\n")
}

type Cell = (verdict: Verdict, summary: Summary, own: Summary | undefined) => string

function table(verdict: Verdict, cases: Case[], cell: Cell): string {
  const measured = verdict.tools.filter(({ unmeasured }) => unmeasured === undefined)
  const rows = cases.map(one => [
    one.family === undefined ? "" : String(one.family),
    one.name,
    ...measured.map(({ name }) => {
      const summary = summarize(one, name)
      return summary ? cell(verdict, summary, name === MODULE ? undefined : summarize(one, MODULE)) : "–"
    }),
  ])
  return formatTable(["FAMILY", "CASE", ...measured.map(({ name }) => name)], rows)
}

/** A peer's is marked where it is ahead of the module's, which is given for peers only. */
function verdictCell({ cap }: Verdict, summary: Summary, own: Summary | undefined): string {
  const { outcome, verdict } = summary
  if (outcome === "capped") return `> ${cap}`
  if (outcome === "succeeded") return `reported success ${formatRange(verdict)}`
  if (outcome === "missed") return `cause not named ${formatRange(verdict)}`
  const isAhead = own && !(isFound(own) && own.verdict.median <= verdict.median)
  return `${formatRange(verdict)}${outcome === "refused" ? " refused" : ""}${isAhead ? " ahead" : ""}`
}

function wholeCell(_: Verdict, { outcome, whole, failedRequests }: Summary, own: Summary | undefined): string {
  const isUndone = whole && outcome !== "succeeded"
  const isAhead = own && isUndone && !(own.whole && own.whole.median <= whole.median)
  const back = isUndone ? (whole.max === 0 ? "untouched" : formatRange(whole)) : "never"
  return `${back}${isAhead ? " ahead" : ""}${failedRequests > 0 ? `, ${failedRequests} failed` : ""}`
}

function controlCell(_: Verdict, { outcome, verdict, failedRequests }: Summary): string {
  const failed = failedRequests > 0 ? `, ${failedRequests} failed` : ""
  return `${outcome === "succeeded" ? "" : "FALSE ALARM "}${formatRange(verdict)}${failed}`
}

function changeCell(_: Verdict, summary: Summary, own: Summary | undefined): string {
  const { outcome, call, step, monitor, seen, whole, wholeAfterCall, failedRequests } = summary
  const details = [
    step && `step ${formatRange(step)}`,
    monitor && monitor.max > 0 && `of it the monitor ${formatRange(monitor)}`,
    seen && `spec ${formatRange(seen)}`,
    whole && whole.max > 0 && wholeAfterCall && `whole ${formatRange(wholeAfterCall)}`,
    failedRequests > 0 && `${failedRequests} failed`,
    own && own.call.median > call.median && "ahead",
  ].filter(Boolean)
  return `${outcome === "succeeded" ? "" : "FALSE ALARM "}${formatRange(call)}${details.length > 0 ? ` (${details.join(", ")})` : ""}`
}

function toolsText(verdict: Verdict): string {
  const rows = verdict.tools.map(({ name, label, unmeasured }) => {
    const alarms = falseAlarms(verdict, name).length
    return [name, label, unmeasured ? `not measured: ${unmeasured}` : alarms > 0 ? `false alarms: ${alarms}` : ""]
  })
  return formatTable(["TOOL", "WHAT", ""], rows)
}

function judgementsText(judgements: Judgement[]): string {
  return formatTable(
    ["LIMIT", "", "MEASURED"],
    judgements.map(({ name, verdict, text }) => [name, verdict, text]),
  )
}
