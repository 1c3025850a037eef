import { Report } from "../../.dagger/src/report/report.ts"
import type { Namespace } from "../faults/namespace.ts"
import { secondsBetween } from "./seconds.ts"

/** The reports that the module keeps in the namespace: those of the last ten deployments, the latest last. */
export async function readReports(namespace: Namespace): Promise<Report[]> {
  const { items } = JSON.parse(
    await namespace.kubectl("get", "configmaps", "--selector=cloud-native/record=report", "--output=json"),
  )
  const reports = (items as { data: Record<string, string> }[]).map(({ data }) =>
    Report.parse(JSON.parse(data["report.json"]!)),
  )
  return reports.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** What the monitor takes before the first change and after the last, in seconds, as the report dates the steps. */
export function monitorOf({
  startedAt,
  endedAt,
  timeline,
}: Pick<Report, "startedAt" | "endedAt" | "timeline">): number {
  const at = (name: string) => Date.parse(timeline?.steps.find(({ step }) => step === name)?.at ?? "")
  const first = at("migrate") || at("rollout")
  const before = first ? secondsBetween(Date.parse(startedAt), first) : 0
  const after = at("verify") ? secondsBetween(at("verify"), Date.parse(endedAt)) : 0
  return Math.max(0, before) + Math.max(0, after)
}
