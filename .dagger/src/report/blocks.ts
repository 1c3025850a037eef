import { type Availability, type Part, remarksOn } from "../monitor/availability.js"
import { describePage } from "../monitor/failure.js"
import { describeFailure } from "../monitor/request-failure.js"
import { describeCrossing } from "../release/crossing.js"
import { cellsOf, describeLock, untriedBecause } from "../schema/verdict.js"
import { averageStarts } from "../status/startup.js"
import { describeSkew } from "../verify/image/next-build.js"
import type { Report } from "./report.js"
import {
  ALLOWED_BREAK,
  countsOfPage,
  describeKept,
  describeOutcome,
  describeRecovery,
  describeSwitch,
  describeTakenOver,
  MIGRATION_OUTCOMES,
  SAME_MIGRATIONS,
  UNCHANGED,
} from "./states.js"

/** A part of a report that is written for people, whatever the format. */
export type Block =
  | { kind: "heading"; level: 2 | 3; text: string }
  | { kind: "text"; strong?: string; code?: string; text: string }
  | { kind: "output"; text: string }
  | { kind: "table"; header: string[]; rows: string[][] }
  | { kind: "picture" }

/** A report from its outcome to its details. */
export function blocksOf(report: Report): Block[] {
  const { outcome, kind, name, namespace, id, startLimit, availability, handshake } = report
  const what = kind === "deploy" ? "Deployment" : "Rollback"
  return [
    heading(
      2,
      `${outcome === "succeeded" ? "✅" : "❌"} ${what} of ${name} to ${namespace} ${describeOutcome(report)}`,
    ),
    { kind: "text", code: id, text: `· ${report.startedAt} to ${report.endedAt} · ${report.publicUrl}` },
    ...(report.unchanged ? [text(UNCHANGED)] : []),
    ...failureOf(report),
    { kind: "picture" },
    table(["Image", "Reference"], Object.entries(report.images)),
    ...Object.entries(report.untested ?? {}).map(([name, reason]) =>
      text(`⚠️ ${name}: no tests, on purpose: ${reason}`),
    ),
    ...(report.skew ?? []).map(skew => text(`⚠️ ${describeSkew(skew)}`)),
    ...(report.takenOver ? [text(`Taken over: ${report.takenOver.map(describeTakenOver).join("; ")}`)] : []),
    ...(report.schemaTrial ? trialOf(report.schemaTrial) : []),
    ...(report.crossed ? [text(`Goes ${describeCrossing(report.crossed)}`)] : []),
    ...tableOfSome(
      ["Migration", "Outcome"],
      report.migrations.map(migration => [migration.name, MIGRATION_OUTCOMES[migration.outcome]]),
    ),
    ...(report.timeline?.switches ?? []).map(each => text(`Switch of ${describeSwitch(each)}`)),
    ...(report.keptUntil ? [text(describeKept(report.keptUntil))] : []),
    ...tableOfSome(
      ["Application", "Start, on average", `Limit`],
      averageStarts(report.starts).map(({ deployment, seconds, least }) => [
        deployment,
        `${seconds.toFixed(1)} s`,
        `${least < startLimit ? "✅" : "❌"} ${startLimit} s`,
      ]),
    ),
    ...(availability ? availabilityOf(availability) : []),
    ...tableOfSome(
      ["Handshake", ""],
      handshake.map(({ step, problem }) => [step, problem ? `❌ ${problem}` : "✅"]),
    ),
  ]
}

/** What was found out about its migrations before they ran. */
function trialOf({ rows, locks = [], allowed }: NonNullable<Report["schemaTrial"]>): Block[] {
  if (rows.length === 0) return [text(SAME_MIGRATIONS)]
  const untried = untriedBecause(rows)
  return [
    untried === undefined
      ? table(["Migrations, in containers", "Verdict", "How"], rows.map(cellsOf))
      : text(`Migrations, in containers: not checked: ${untried}`),
    ...locks.map(lock => text(`⚠️ ${describeLock(lock)}`)),
    ...(allowed ? [text(`⚠️ ${ALLOWED_BREAK}`)] : []),
  ]
}

/** Why it failed, and what was done about it. */
function failureOf({ failure, recovery, leftovers }: Report): Block[] {
  const stays = (why: string, objects: readonly string[] | undefined) =>
    objects ? [text(`${why}: ${objects.join(", ")}`)] : []
  return [
    ...(failure
      ? [
          { kind: "text" as const, strong: failure.code, text: `: ${failure.what}` },
          ...(failure.evidence ? [output(failure.evidence)] : []),
          output(failure.why),
          text(`→ ${failure.fix}`),
        ]
      : []),
    ...(recovery ? [{ kind: "text" as const, strong: "Afterwards:", text: ` ${describeRecovery(recovery)}` }] : []),
    ...(recovery?.problem ? [output(recovery.problem)] : []),
    ...stays("Was there before, and stays as this deployment made it", recovery?.left),
    ...stays("Somebody else changed it meanwhile, and it stays as it is", recovery?.changedByOthers),
    ...(leftovers
      ? [text("⚠️ What no release needs any more could not be deleted:"), output(leftovers.join("\n"))]
      : []),
  ]
}

function availabilityOf(availability: Availability): Block[] {
  const { outside, pages } = availability
  return [
    ...partOf(availability, "users' requests"),
    ...(outside ? partOf(outside, "the requests from outside") : []),
    ...tableOfSome(["Files of page", "Sent", "Failed", "Of the page before", "Failed"], pages.map(countsOfPage)),
    ...(pages.some(({ failures }) => failures.length > 0) ? [output(pages.flatMap(describePage).join("\n"))] : []),
    ...remarksOn(availability).map(remark => text(`⚠️ ${remark}`)),
  ]
}

function partOf({ percent, sent, failed, latency, outages, requests }: Part, which: string): Block[] {
  return [
    heading(3, `${percent.toFixed(3)} % of ${which} answered as expected`),
    text(
      `${sent} sent, ${failed} failed; p50 ${latency.p50} ms, p95 ${latency.p95} ms, p99 ${latency.p99} ms, max ${latency.max} ms`,
    ),
    ...tableOfSome(
      ["Outage", "From", "To", "Failed", "Kinds"],
      outages.map(outage => [
        `${outage.seconds.toFixed(1)} s`,
        outage.from,
        outage.to,
        `${outage.failed}`,
        outage.failures.map(describeFailure).join(", "),
      ]),
    ),
    table(
      ["Request", "Connection", "Sent", "Failed"],
      requests.map(request => [request.name, request.connection, `${request.sent}`, `${request.failed}`]),
    ),
  ]
}

function heading(level: 2 | 3, text: string): Block {
  return { kind: "heading", level, text }
}

function text(text: string): Block {
  return { kind: "text", text }
}

function output(text: string): Block {
  return { kind: "output", text }
}

function table(header: string[], rows: string[][]): Block {
  return { kind: "table", header, rows }
}

function tableOfSome(header: string[], rows: string[][]): Block[] {
  return rows.length > 0 ? [table(header, rows)] : []
}
