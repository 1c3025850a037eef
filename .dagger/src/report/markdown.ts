import { type Availability, type Part, remarksOn } from "../monitor/availability.js"
import { describePage } from "../monitor/failure.js"
import { describeFailure } from "../monitor/request-failure.js"
import { averageStarts } from "../status/startup.js"
import { describeSkew } from "../verify/image/next-build.js"
import type { Report } from "./report.js"
import {
  countsOfPage,
  describeOutcome,
  describeRecovery,
  describeTakenOver,
  MIGRATION_OUTCOMES,
  UNCHANGED,
} from "./states.js"

/** A report as GitHub shows it in a job summary. */
export function markdownOf(report: Report): string {
  const { outcome, kind, name, namespace, id, failure, recovery, leftovers, startLimit, availability, handshake } =
    report
  const what = kind === "deploy" ? "Deployment" : "Rollback"
  const blocks = [
    `## ${outcome === "succeeded" ? "✅" : "❌"} ${what} of ${escape(name)} to ${escape(namespace)} ${describeOutcome(report)}`,
    `\`${id}\` · ${report.startedAt} to ${report.endedAt} · ${escape(report.publicUrl)}`,
    report.unchanged && UNCHANGED,
    failure &&
      [`**${failure.code}**: ${escape(failure.what)}`, fenced(failure.why), `→ ${escape(failure.fix)}`].join("\n\n"),
    recovery &&
      `**Afterwards:** ${escape(describeRecovery(recovery))}${recovery.problem ? `\n\n${fenced(recovery.problem)}` : ""}`,
    recovery?.left && `Was there before, and stays as this deployment made it: ${escape(recovery.left.join(", "))}`,
    recovery?.changedByOthers &&
      `Somebody else changed it meanwhile, and it stays as it is: ${escape(recovery.changedByOthers.join(", "))}`,
    leftovers && `⚠️ What no release needs any more could not be deleted:\n\n${fenced(leftovers.join("\n"))}`,
    table(["Image", "Reference"], Object.entries(report.images)),
    ...Object.entries(report.untested ?? {}).map(
      ([name, reason]) => `⚠️ ${escape(name)}: no tests, on purpose: ${escape(reason)}`,
    ),
    ...(report.skew ?? []).map(skew => `⚠️ ${escape(describeSkew(skew))}`),
    report.takenOver && `Taken over: ${escape(report.takenOver.map(describeTakenOver).join("; "))}`,
    report.migrations.length > 0 &&
      table(
        ["Migration", "Outcome"],
        report.migrations.map(migration => [migration.name, MIGRATION_OUTCOMES[migration.outcome]]),
      ),
    report.starts.length > 0 &&
      table(
        ["Application", "Start, on average", `Limit`],
        averageStarts(report.starts).map(({ deployment, seconds, least }) => [
          deployment,
          `${seconds.toFixed(1)} s`,
          `${least < startLimit ? "✅" : "❌"} ${startLimit} s`,
        ]),
      ),
    availability && availabilityOf(availability),
    handshake.length > 0 &&
      table(
        ["Handshake", ""],
        handshake.map(({ step, problem }) => [step, problem ? `❌ ${problem}` : "✅"]),
      ),
  ]
  return `${blocks.filter(Boolean).join("\n\n")}\n`
}

function availabilityOf(availability: Availability): string {
  const { outside, pages } = availability
  return [
    ...partOf(availability, "users' requests"),
    ...(outside ? partOf(outside, "the requests from outside") : []),
    pages.length > 0 &&
      table(["Files of page", "Sent", "Failed", "Of the page before", "Failed"], pages.map(countsOfPage)),
    pages.some(({ failures }) => failures.length > 0) && fenced(pages.flatMap(describePage).join("\n")),
    ...remarksOn(availability).map(remark => `⚠️ ${escape(remark)}`),
  ]
    .filter(Boolean)
    .join("\n\n")
}

function partOf({ percent, sent, failed, latency, outages, requests }: Part, which: string): (string | false)[] {
  return [
    `### ${percent.toFixed(3)} % of ${which} answered as expected`,
    `${sent} sent, ${failed} failed; p50 ${latency.p50} ms, p95 ${latency.p95} ms, p99 ${latency.p99} ms, max ${latency.max} ms`,
    outages.length > 0 &&
      table(
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

function table(header: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(escape).join(" | ")} |`
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n")
}

function escape(text: string): string {
  return text.replace(/[\\`|<>*]/g, "\\$&").replaceAll("\n", "<br>")
}

/** A fence longer than any in the text, so that nothing in it ends it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = "`".repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}
