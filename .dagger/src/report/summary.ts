import { type Availability, type Part, remarksOn } from "../monitor/availability.js"
import { describePage } from "../monitor/failure.js"
import { describeFailure } from "../monitor/request-failure.js"
import { describeCrossing } from "../release/crossing.js"
import { cellsOf, describeLock, untriedBecause } from "../schema/verdict.js"
import { averageStarts } from "../status/startup.js"
import { formatTable } from "../util/format.js"
import { describeSkew } from "../verify/image/next-build.js"
import type { Report } from "./report.js"
import {
  ALLOWED_BREAK,
  countsOfPage,
  describeKept,
  describeSwitch,
  describeTakenOver,
  MIGRATION_OUTCOMES,
  SAME_MIGRATIONS,
  UNCHANGED,
} from "./states.js"

/** The result of a deployment, as text for a person. */
export function formatReport(report: Report): string {
  const { namespace, publicUrl, id, images, migrations, starts, handshake, availability, leftovers } = report
  const untested = Object.entries(report.untested ?? {}).map(
    ([name, reason]) => `${name}: no tests, on purpose: ${reason}`,
  )
  const sections = [
    `${headline(report)} namespace ${namespace}; users open ${publicUrl}\nDeployment ${id}`,
    report.unchanged && UNCHANGED,
    formatTable(["IMAGE", "REFERENCE"], Object.entries(images)),
    untested.join("\n"),
    report.skew?.map(skew => `warning: ${describeSkew(skew)}`).join("\n"),
    report.takenOver && `Taken over\n${report.takenOver.map(each => `  ${describeTakenOver(each)}`).join("\n")}`,
    report.schemaTrial && formatTrial(report.schemaTrial),
    report.crossed && `Goes ${describeCrossing(report.crossed)}`,
    migrations.length > 0 &&
      `Migrations\n${migrations.map(({ name, outcome }) => `  ${name}: ${MIGRATION_OUTCOMES[outcome]}`).join("\n")}`,
    report.timeline?.switches &&
      `Switches\n${report.timeline.switches.map(each => `  ${describeSwitch(each)}`).join("\n")}`,
    report.keptUntil && describeKept(report.keptUntil),
    starts.length > 0 && `Start of each pod, scheduled to ready\n${startTable(report)}`,
    availability && `Requests of users\n${formatAvailability(report, availability)}`,
    handshake.length > 0 && `Handshake\n${handshake.map(({ step }) => `  ok  ${step}`).join("\n")}`,
    leftovers &&
      `Warning: what no release needs any more could not be deleted\n${leftovers.map(line => `  ${line}`).join("\n")}`,
  ]
  return sections.filter(Boolean).join("\n\n")
}

function headline({ kind, unchanged }: Report): string {
  if (unchanged) return "Unchanged in"
  return kind === "deploy" ? "Deployed to" : "Rolled back to"
}

function formatTrial({ rows, locks = [], allowed }: NonNullable<Report["schemaTrial"]>): string {
  if (rows.length === 0) return SAME_MIGRATIONS
  const untried = untriedBecause(rows)
  const table = formatTable(["MIGRATIONS, IN CONTAINERS", "VERDICT", "HOW"], rows.map(cellsOf))
  return [
    untried === undefined ? table : `Migrations, in containers: not checked: ${untried}`,
    ...locks.map(lock => `warning: ${describeLock(lock)}`),
    ...(allowed ? [`warning: ${ALLOWED_BREAK}`] : []),
  ].join("\n")
}

function startTable({ starts, startLimit }: Report): string {
  const pods = starts.map(start => [
    start.deployment,
    start.pod,
    `${start.seconds} s`,
    start.pulling ? `${start.pulling.toFixed(1)} s` : "none",
    "",
  ])
  const averages = averageStarts(starts).map(({ deployment, seconds, least }) => [
    deployment,
    "average",
    `${seconds.toFixed(1)} s`,
    "",
    `${least < startLimit ? "PASS" : "FAIL"} (< ${startLimit} s${seconds < startLimit ? "" : `; ${least.toFixed(1)} s at least, without pulls and the probe's period`})`,
  ])
  return formatTable(["APPLICATION", "POD", "START", "OF WHICH PULL", "VERDICT"], [...pods, ...averages])
}

const BASELINES = {
  healthy: "from before the first change",
  broken: "from when the last old pod was gone, since the application was broken before",
  new: "from the first pods that were ready",
  "not-checked": "from after the switch",
}

function formatAvailability({ baseline, schemaTrial }: Report, availability: Availability): string {
  const { outside, pages } = availability
  const since = schemaTrial?.allowed ? "from when all of its pods served" : BASELINES[baseline]
  return [
    ...formatPart(availability, since),
    ...(outside ? ["", ...formatPart(outside, "from outside, through the public URL")] : []),
    ...(pages.length > 0 ? ["", formatPages(pages)] : []),
    ...remarksOn(availability).map(remark => `warning: ${remark}`),
  ].join("\n")
}

function formatPart({ percent, sent, failed, latency, requests, outages }: Part, which: string): string[] {
  const rows = requests.map(({ name, connection, ...counts }) => [
    name,
    connection,
    `${counts.sent}`,
    `${counts.failed}`,
  ])
  return [
    `${percent.toFixed(3)} % answered as expected, ${which} (${sent} sent, ${failed} failed)`,
    `latency  p50 ${latency.p50} ms, p95 ${latency.p95} ms, p99 ${latency.p99} ms, max ${latency.max} ms`,
    ...outages.map(
      ({ from, to, seconds, failures }) =>
        `outage   ${seconds.toFixed(1)} s, ${from} to ${to}: ${failures.map(describeFailure).join(", ")}`,
    ),
    formatTable(["REQUEST", "CONNECTION", "SENT", "FAILED"], rows),
  ]
}

function formatPages(pages: Availability["pages"]): string {
  return [
    formatTable(["FILES OF PAGE", "SENT", "FAILED", "OF THE PAGE BEFORE", "FAILED"], pages.map(countsOfPage)),
    ...pages.flatMap(describePage),
  ].join("\n")
}
