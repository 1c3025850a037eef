import type { Kubectl } from "../kubernetes/kubectl.js"
import { beganBefore, KEPT, labels, missing, NAME_LABEL, RECORD_LABEL } from "../release/history.js"
import { readStored } from "../util/json.js"
import { Report, SCHEMA_VERSION } from "./report.js"

/** Keep the report of a deployment, also of one that failed: a function that fails returns nothing. */
export async function recordReport(kubectl: Kubectl, report: Report): Promise<void> {
  await kubectl.apply([
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: reportName(report.id), labels: { ...labels(report.name), [RECORD_LABEL]: "report" } },
      data: { "report.json": JSON.stringify(report) },
    },
  ])
}

/** A deployment's report; without an id, the latest, unless that began too early. */
export async function readReport(
  kubectl: Kubectl,
  name: string,
  { id, earliest }: { id?: string; earliest?: Date },
): Promise<Report> {
  const latest = id ?? (await listReports(kubectl, name)).at(-1)
  if (!latest) throw missing(kubectl, `there is no report of ${name} yet`)
  if (earliest && beganBefore(latest, earliest))
    throw missing(kubectl, `there is no report of ${name} since ${earliest.toISOString()}`)
  const text = await kubectl.must([
    "get",
    "configmap",
    reportName(latest),
    "--ignore-not-found",
    '--output=go-template={{index .data "report.json"}}',
  ])
  if (!text) throw missing(kubectl, `there is no report ${latest}`)
  return readStored(Report, SCHEMA_VERSION, JSON.parse(text), reportName(latest))
}

/** The ids of the reports there are, the oldest first. */
export async function listReports(kubectl: Kubectl, name: string): Promise<string[]> {
  const selector = `--selector=${RECORD_LABEL}=report,${NAME_LABEL}=${name}`
  const text = await kubectl.must([
    "get",
    "configmaps",
    selector,
    '--output=go-template={{range .items}}{{.metadata.name}}{{"\\n"}}{{end}}',
  ])
  return text
    .split("\n")
    .filter(Boolean)
    .map(line => line.replace(/^cloud-native-report-/, ""))
    .sort()
}

/** Delete all but the last reports. */
export async function applyReportRetention(kubectl: Kubectl, reports: string[]): Promise<void> {
  const gone = reports.slice(0, -KEPT).map(id => `configmap/${reportName(id)}`)
  if (gone.length > 0) await kubectl.must(["delete", ...gone, "--ignore-not-found", "--wait=false"])
}

const reportName = (id: string) => `cloud-native-report-${id}`
