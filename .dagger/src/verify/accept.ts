import type { Config } from "../config/schema.js"
import type { FactRow } from "./facts.js"

export type Acceptance = Config["verification"]["accept"][number]

/** Facts whose findings are accepted one by one: what a later build adds is not accepted with them. */
const ITEMIZED = ["final stage", "file modes", "browser code", "secrets"]

/** The facts, those that the config accepts on a day (YYYY-MM-DD) as warnings. A fact with findings passes only if each is accepted. */
export function acceptRows(rows: FactRow[], accepted: Acceptance[], today: string): FactRow[] {
  return rows.map(row => (row.verdict === "fail" ? accept(row, accepted, today) : row))
}

function accept(row: FactRow, accepted: Acceptance[], today: string): FactRow {
  const candidates = accepted.filter(({ fact, image }) => fact === row.name && (image ?? row.image) === row.image)
  const whole = candidates.find(({ finding }) => finding === undefined)
  if (whole && !ITEMIZED.includes(row.name)) return judged(row, row.findings, [whole], whole.expires >= today)
  const matched = row.findings.map(finding => candidates.find(candidate => matches(candidate.finding, finding)))
  const findings = row.findings.map((finding, index) => noted(finding, matched[index], today))
  const isAccepted = matched.length > 0 && matched.every(candidate => candidate && candidate.expires >= today)
  return judged(row, findings, [...new Set(matched.flatMap(candidate => candidate ?? []))], isAccepted)
}

function judged(row: FactRow, findings: string[], used: Acceptance[], isAccepted: boolean): FactRow {
  if (!isAccepted) return { ...row, findings }
  const reasons = used.map(({ reason, expires }) => `accepted until ${expires}: ${reason}`)
  return { ...row, findings, verdict: "warn", how: [row.how, ...reasons].join("; ") }
}

function noted(finding: string, acceptance: Acceptance | undefined, today: string): string {
  if (!acceptance) return finding
  return acceptance.expires >= today
    ? `${finding} (accepted)`
    : `${finding} (the acceptance expired on ${acceptance.expires})`
}

/** Whether a pattern, in which * stands for any text, is of a finding; the layer and the line are left out, since every build may change them. */
function matches(pattern: string | undefined, finding: string): boolean {
  if (pattern === undefined) return false
  const parts = pattern.split("*").map(part => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"))
  return new RegExp(`^${parts.join(".*")}$`).test(finding.replace(/\blayer \d+: /, "").replace(/:\d+$/, ""))
}
