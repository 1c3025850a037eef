import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Identity } from "../kubernetes/object-ref.js"
import type { AvailabilityGuard } from "../monitor/availability-guard.js"
import { applyReleaseRetention, listRecords, recordOutcome } from "../release/history.js"
import { prune } from "../release/prune.js"
import type { Report } from "../report/report.js"
import { applyReportRetention, listReports, recordReport } from "../report/storage.js"
import { messageOf } from "../util/errors.js"

/** How users were served until now, the rollback included; of a deployment that failed, this must not hide why. */
export async function conclude(report: Report, guard: Pick<AvailabilityGuard, "soFar" | "stop">): Promise<void> {
  const said = (error: unknown) => console.log(`monitor: its last requests could not be read: ${messageOf(error)}`)
  report.availability = await guard.soFar().catch(error => void said(error))
  await guard.stop().catch(said)
}

/** Write down how it ended, before anything else can fail; then clean up. */
export async function finish(
  kubectl: Kubectl,
  report: Report,
  outcome: Report["outcome"],
  replaced: Identity[] = [],
): Promise<void> {
  Object.assign(report, { outcome, endedAt: new Date().toISOString() })
  await recordOutcome(kubectl, report.id, outcome)
  const problems = await prune(kubectl, report.name, replaced)
  if (problems.length > 0) report.leftovers = problems
  await recordReport(kubectl, report)
  await applyReleaseRetention(kubectl, await listRecords(kubectl, report.name))
  await applyReportRetention(kubectl, await listReports(kubectl, report.name))
}
