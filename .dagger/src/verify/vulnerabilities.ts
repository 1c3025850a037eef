import { z } from "zod"

import type { Config } from "../config/schema.js"
import { CloudNativeError, lastLines } from "../util/errors.js"
import type { Fact, Row } from "./facts.js"

/** What grype prints, and other scanners can. */
const Report = z.object({
  matches: z.array(
    z.object({
      vulnerability: z.object({
        id: z.string(),
        severity: z.string(),
        fix: z.object({ state: z.string().optional(), versions: z.array(z.string()).nullish() }).nullish(),
      }),
      artifact: z.object({ name: z.string(), version: z.string() }),
    }),
  ),
})

export interface Vulnerability {
  id: string
  severity: string
  /** Name and version. */
  package: string
  /** Versions that do not have it. */
  fixedIn: string[]
}

/** The mildest first. */
export const SEVERITIES = ["negligible", "low", "medium", "high", "critical"] as const

export type Policy = Config["vulnerabilities"]

/** Exit codes of a scanner that has looked. grype ends with 2 where its own --fail-on applies: it has found something. */
const SCANNED = [0, 2]

/** What a scanner found; one that failed or wrote anything else has found nothing out. */
export function readReport(exitCode: number, stdout: string, stderr: string): Vulnerability[] {
  const read = Report.safeParse(parsed(stdout))
  if (!read.success || !SCANNED.includes(exitCode)) throw scannerFailed(exitCode, stderr, read.error)
  const all = read.data.matches.map(({ vulnerability: { id, severity, fix }, artifact }) => ({
    id,
    severity: severity.toLowerCase(),
    package: `${artifact.name} ${artifact.version}`,
    fixedIn: fix?.versions ?? [],
  }))
  return [...new Map(all.map(item => [`${item.id} ${item.package}`, item])).values()]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function scannerFailed(exitCode: number, stderr: string, unread?: z.ZodError): CloudNativeError {
  const said = exitCode === 0 && unread ? z.prettifyError(unread) : lastLines(stderr)
  return new CloudNativeError({
    code: "TOOL_FAILED",
    blame: "environment",
    what:
      exitCode === 0
        ? "the scanner's report is not the JSON of grype"
        : `the scanner failed with exit code ${exitCode}`,
    why: said || "it said nothing",
    fix: "give with --scanner an image whose entrypoint takes the arguments of grype, and that has or reaches its database",
  })
}

export function limitOf({ severity, fixedOnly }: Policy): string {
  return `none from ${severity}${fixedOnly ? " that is fixed" : ""}`
}

export function vulnerabilitiesFact(policy: Policy): Fact {
  return { name: "vulnerabilities", limit: limitOf(policy) }
}

/** Without a scanner nothing is known. */
export function notScannedRow(policy: Policy): Row {
  return { ...vulnerabilitiesFact(policy), actual: "—", verdict: "not checked", how: "no --scanner was given" }
}

/** What was found against the policy, on a day as YYYY-MM-DD. */
export function vulnerabilitiesRow(found: Vulnerability[], policy: Policy, today: string): Row {
  const relevant = found.filter(item => isRelevant(item, policy))
  const allowance = (id: string) => policy.allow.find(allowed => allowed.id === id)
  const expired = relevant.filter(({ id }) => (allowance(id)?.expires ?? today) < today)
  const allowed = relevant.filter(item => allowance(item.id) && !expired.includes(item))
  const bad = relevant.filter(item => !allowed.includes(item))
  return {
    ...vulnerabilitiesFact(policy),
    actual: [
      `${bad.length} of ${found.length} known`,
      ...(allowed.length > 0 ? [`${allowed.length} allowed`] : []),
    ].join(", "),
    verdict: bad.length > 0 ? "fail" : "pass",
    how: "the scanner given",
    findings: bad.map(item => {
      const until = allowance(item.id)?.expires
      return [
        `${item.id} (${item.severity}) in ${item.package}`,
        fixOf(item),
        ...(until ? [`allowed until ${until}`] : []),
      ].join(", ")
    }),
  }
}

/** A severity that is not of the list, such as unknown, may be any. */
function isRelevant({ severity, fixedIn }: Vulnerability, policy: Policy): boolean {
  const rank = SEVERITIES.findIndex(name => name === severity)
  return (rank === -1 || rank >= SEVERITIES.indexOf(policy.severity)) && (!policy.fixedOnly || fixedIn.length > 0)
}

function fixOf({ fixedIn }: Vulnerability): string {
  return fixedIn.length > 0 ? `fixed in ${fixedIn.join(", ")}` : "not fixed"
}
