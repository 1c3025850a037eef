import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Identity } from "../kubernetes/object-ref.js"
import type { AvailabilityGuard } from "../monitor/availability-guard.js"
import { applyReleaseRetention, type Left, listRecords, recordLeft, recordOutcome } from "../release/history.js"
import { prune } from "../release/prune.js"
import type { Report } from "../report/report.js"
import { applyReportRetention, recordReport } from "../report/storage.js"
import { messageOf } from "../util/errors.js"
import { settleAll } from "../util/settle.js"
import type { ReportBuilder } from "./report-builder.js"

/** How users were served until now, the rollback included; of a deployment that failed, this must not hide why. */
export async function conclude(
  builder: ReportBuilder,
  guard: Pick<AvailabilityGuard, "soFar" | "stop">,
): Promise<void> {
  const said = (error: unknown) => console.log(`monitor: its last requests could not be read: ${messageOf(error)}`)
  builder.setAvailability(await guard.soFar().catch(error => void said(error)))
  await guard.stop().catch(said)
}

/** Write down how it ended, before anything else can fail; then clean up. */
export async function finish(
  kubectl: Kubectl,
  builder: ReportBuilder,
  outcome: Report["outcome"],
  replaced: Identity[] = [],
): Promise<void> {
  builder.end(outcome)
  const { id, name, recovery } = builder.report
  const left = leftBy(recovery)
  if (left) await recordLeft(kubectl, id, left)
  await recordOutcome(kubectl, id, outcome)
  builder.setLeftovers(await prune(kubectl, name, replaced))
  await settleAll([
    keepReport(kubectl, builder.report),
    listRecords(kubectl, name).then(entries => applyReleaseRetention(kubectl, entries)),
  ])
}

function leftBy(recovery: Report["recovery"]): Left | undefined {
  if (recovery?.action === "kept-new") return "serving"
  return recovery?.problem ? "parts" : undefined
}

/** Keep a report, and delete those that nobody needs any more. */
export async function keepReport(kubectl: Kubectl, report: Report): Promise<void> {
  await settleAll([recordReport(kubectl, report), applyReportRetention(kubectl, report)])
}
