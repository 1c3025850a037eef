import { Report } from "../../.dagger/src/report/report.ts"
import type { Namespace } from "../faults/namespace.ts"

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
