import { gunzipSync, gzipSync } from "node:zlib"

import { z } from "zod"

import { digestOf } from "../canonical.js"
import { CloudNativeError } from "../errors.js"
import type { KubernetesObject, Release, Workload } from "../manifests/render.js"
import { Report } from "../report/report.js"
import { readShape } from "../shape.js"
import { formatIdentity, identityOf, parseIdentity, type Identity } from "./identity.js"
import type { Kubectl } from "./kubectl.js"

/** Releases, and reports, that are kept; what a failure or a rollback goes back to is kept beyond that. */
export const KEPT = 10

const NAME_LABEL = "cloud-native/name"
const RECORD_LABEL = "cloud-native/record"
const OUTCOME_LABEL = "cloud-native/outcome"
const CONTENT = "cloud-native/content"
const INVENTORY = "cloud-native/inventory"
const FOUND = "cloud-native/found"

/** What of a release is kept: all but the values of Secrets, which stay in the namespace under the name of their content. */
export interface Recorded {
  release: Release
  images: Record<string, string>
  publicUrl: string
}

/** One line of what has been recorded. */
export interface Entry {
  id: string
  /** pending while it is brought up, and for ever where that was killed half-way. */
  outcome: "pending" | "succeeded" | "failed"
  /** The digest of what was deployed: the same twice is the same release. */
  content: string
  /** All that it consists of. */
  inventory: Identity[]
  /** What of that was there before it, and somebody else's. */
  found: Identity[]
}

/** A name that sorts by time: 20261124-164500-1a2b. */
export function newId(now: Date = new Date()): string {
  return `${timeOf(now)}-${crypto.randomUUID().slice(0, 4)}`
}

/** Whether the deployment of an id began before a time; to the second. */
export function beganBefore(id: string, time: Date): boolean {
  return id < timeOf(time)
}

function timeOf(date: Date): string {
  const [day, time] = date.toISOString().replace(/[-:]/g, "").split(/[T.]/)
  return `${day}-${time}`
}

export function inventoryOf(release: Release): Identity[] {
  return [...release.config, ...release.secrets, ...release.migrations, ...release.objects].map(identityOf)
}

/** Write a release down before anything of it is applied: one that is killed half-way is known to the next. */
export async function recordRelease(
  kubectl: Kubectl,
  name: string,
  id: string,
  recorded: Recorded,
  found: Identity[],
): Promise<Entry> {
  const content = { ...recorded, release: { ...recorded.release, secrets: recorded.release.secrets.map(withoutData) } }
  const entry: Entry = {
    id,
    outcome: "pending",
    content: digestOf(content),
    inventory: inventoryOf(recorded.release),
    found,
  }
  await kubectl.applySecret([
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: recordName(id),
        labels: { ...labels(name), [RECORD_LABEL]: "release", [OUTCOME_LABEL]: entry.outcome },
        annotations: {
          [CONTENT]: entry.content,
          [INVENTORY]: formatIdentities(entry.inventory),
          [FOUND]: formatIdentities(found),
        },
      },
      type: "cloud-native/release",
      data: { release: gzipSync(JSON.stringify(content)).toString("base64") },
    },
  ])
  return entry
}

export async function recordOutcome(kubectl: Kubectl, id: string, outcome: Entry["outcome"]): Promise<void> {
  await kubectl.must(["label", "secret", recordName(id), `${OUTCOME_LABEL}=${outcome}`, "--overwrite"])
}

/** What has been recorded of a release's name, the oldest first. */
export async function listRecords(kubectl: Kubectl, name: string): Promise<Entry[]> {
  const annotation = (key: string) => `{{index .metadata.annotations "${key}"}}`
  const line = `{{.metadata.name}} {{index .metadata.labels "${OUTCOME_LABEL}"}} ${[CONTENT, INVENTORY, FOUND].map(annotation).join(" ")}`
  const text = await kubectl.must([
    "get",
    "secrets",
    `--selector=${RECORD_LABEL}=release,${NAME_LABEL}=${name}`,
    `--output=go-template={{range .items}}${line}{{"\\n"}}{{end}}`,
  ])
  return text
    .split("\n")
    .filter(Boolean)
    .map(parseEntry)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

export function parseEntry(line: string): Entry {
  const [name = "", outcome, content = "", inventory = "", found = ""] = line.split(" ")
  const id = name.replace(/^cloud-native-release-/, "")
  return {
    id,
    outcome: outcome as Entry["outcome"],
    content,
    inventory: parseIdentities(inventory),
    found: parseIdentities(found),
  }
}

/** The release that a failure goes back to; undefined where none has succeeded yet. */
export function lastSucceeded(entries: Entry[]): Entry | undefined {
  return entries.findLast(({ outcome }) => outcome === "succeeded")
}

/** The release that was there before the present one, which may have been deployed more than once. */
export function lastOther(entries: Entry[]): Entry | undefined {
  const present = lastSucceeded(entries)
  return lastSucceeded(entries.filter(({ content }) => content !== present?.content))
}

/** The records that have had their time. */
export function outdated(entries: Entry[]): Entry[] {
  const kept = new Set([...entries.slice(-KEPT), lastSucceeded(entries), lastOther(entries)])
  return entries.filter(entry => !kept.has(entry))
}

const Objects = z.array(
  z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) }),
)
const Content = z.object({
  release: z.object({
    config: Objects,
    secrets: Objects,
    migrations: Objects,
    objects: Objects,
    secretName: z.string(),
    workloads: z.array(
      z.object({ kind: z.string(), name: z.string(), namespace: z.string(), app: z.string().optional() }),
    ),
  }),
  images: z.record(z.string(), z.string()),
  publicUrl: z.string(),
})

export async function readRecord(kubectl: Kubectl, id: string): Promise<Recorded> {
  const text = await kubectl.must([
    "get",
    "secret",
    recordName(id),
    "--ignore-not-found",
    "--output=go-template={{.data.release}}",
  ])
  if (!text) throw missing(kubectl, `there is no record of a release ${id}`)
  const { release, ...rest } = readShape(
    Content,
    JSON.parse(gunzipSync(Buffer.from(text, "base64")).toString()),
    `the record ${recordName(id)}`,
  )
  const objects = (list: z.infer<typeof Objects>) => list as KubernetesObject[]
  return {
    ...rest,
    release: {
      config: objects(release.config),
      secrets: objects(release.secrets),
      migrations: objects(release.migrations),
      objects: objects(release.objects),
      secretName: release.secretName,
      workloads: release.workloads,
    },
  }
}

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
  return readShape(Report, JSON.parse(text), reportName(latest))
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

/** Forget all but the last of the reports, and the releases that have had their time. */
export async function forget(kubectl: Kubectl, entries: Entry[], reports: string[]): Promise<void> {
  const gone = [
    ...outdated(entries).map(({ id }) => `secret/${recordName(id)}`),
    ...reports.slice(0, -KEPT).map(id => `configmap/${reportName(id)}`),
  ]
  if (gone.length > 0) await kubectl.must(["delete", ...gone, "--ignore-not-found", "--wait=false"])
}

function formatIdentities(identities: Identity[]): string {
  return identities.map(formatIdentity).join(",")
}

export function parseIdentities(text: string): Identity[] {
  return text.split(",").filter(Boolean).map(parseIdentity)
}

function withoutData({ data: _, stringData: __, ...rest }: KubernetesObject): KubernetesObject {
  return rest
}

function labels(name: string): Record<string, string> {
  return { "app.kubernetes.io/managed-by": "cloud-native", [NAME_LABEL]: name }
}

const recordName = (id: string) => `cloud-native-release-${id}`
const reportName = (id: string) => `cloud-native-report-${id}`

function missing(kubectl: Kubectl, what: string): CloudNativeError {
  return new CloudNativeError({
    code: "RECORD_MISSING",
    blame: "user",
    what: `${what} in the namespace ${kubectl.namespace}`,
    why: `the last ${KEPT} deployments are kept, as Secrets cloud-native-release-… and ConfigMaps cloud-native-report-…`,
    fix: `look at what there is: kubectl --namespace=${kubectl.namespace} get configmaps --selector=${RECORD_LABEL}=report`,
  })
}
