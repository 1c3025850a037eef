import { z } from "zod"

import type { Config } from "../config/schema.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import { lastSignOf } from "../kubernetes/lease.js"
import { KEPT } from "../release/candidates.js"
import { beganBefore, labels, listRecords, missing, NAME_LABEL, RECORD_LABEL } from "../release/history.js"
import { readStored } from "../util/json.js"
import { reportKilled } from "./killed.js"
import { Report, SCHEMA_VERSION } from "./report.js"

const FILE = "report.json"
const Stored = z.object({ data: z.object({ [FILE]: z.string() }) })

/** Keep the report of a deployment, also of one that failed: a function that fails returns nothing. */
export async function recordReport(kubectl: Kubectl, report: Report): Promise<void> {
  await kubectl.apply([
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: reportName(report.id), labels: { ...labels(report.name), [RECORD_LABEL]: "report" } },
      data: { [FILE]: JSON.stringify(report) },
    },
  ])
}

/**
 * A deployment's report; without an id, the latest, unless that began too early. Of one that was killed, which has written
 * none, it is made now.
 */
export async function readReport(
  kubectl: Kubectl,
  config: Config,
  { id, earliest }: { id?: string; earliest?: Date },
): Promise<Report> {
  const { name } = config
  const reports = await listReports(kubectl, name)
  const killed = await unreported(kubectl, config, reports, id)
  if (killed && !(earliest && beganBefore(killed.id, earliest))) return killed
  const latest = id ?? reports.at(-1)
  if (!latest) throw missing(kubectl, `there is no report of ${name} yet`)
  if (earliest && beganBefore(latest, earliest))
    throw missing(kubectl, `there is no report of ${name} since ${earliest.toISOString()}`)
  const stored = await (await kubectl.api()).get("configmaps", reportName(latest), Stored)
  if (!stored) throw missing(kubectl, `there is no report ${latest}`)
  return readStored(Report, SCHEMA_VERSION, JSON.parse(stored.data[FILE]), reportName(latest))
}

/** The report of a deployment that was killed: of this id, or of the latest where that has none. */
async function unreported(
  kubectl: Kubectl,
  config: Config,
  reports: string[],
  id: string | undefined,
): Promise<Report | undefined> {
  // Who may read reports may not read records, for which this is no reason to fail.
  const records = await listRecords(kubectl, config.name).catch(() => [])
  const record = records.findLast(
    record =>
      record.outcome === "pending" &&
      !reports.includes(record.id) &&
      (id ? record.id === id : record.id > (reports.at(-1) ?? "")),
  )
  if (!record) return undefined
  const sign = await lastSignOf(kubectl, config.name, record.id)
  if (sign?.isAlive && id) throw missing(kubectl, `the deployment ${id} is in progress, and has no report yet`)
  if (sign?.isAlive) return undefined
  const later = records.map(({ id }) => id).filter(other => other > record.id)
  return reportKilled(kubectl, config, record, sign?.at, later)
}

/** The ids of the reports there are, the oldest first. */
async function listReports(kubectl: Kubectl, name: string): Promise<string[]> {
  const api = await kubectl.api()
  const reports = await api.listMetadata("configmaps", { [RECORD_LABEL]: "report", [NAME_LABEL]: name })
  return reports.map(report => report.name.replace(/^cloud-native-report-/, "")).sort()
}

/** Delete all but the last reports, this one among them. */
export async function applyReportRetention(kubectl: Kubectl, { id, name }: Pick<Report, "id" | "name">): Promise<void> {
  const others = (await listReports(kubectl, name)).filter(other => other !== id)
  const gone = others.slice(0, 1 - KEPT).map(other => `configmap/${reportName(other)}`)
  if (gone.length > 0) await kubectl.must(["delete", ...gone, "--ignore-not-found", "--wait=false"])
}

const reportName = (id: string) => `cloud-native-report-${id}`
