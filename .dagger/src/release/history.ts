import { gunzipSync, gzipSync } from "node:zlib"

import { z } from "zod"

import { Expectations } from "../config/expectations.js"
import type { Metadata } from "../kubernetes/api.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import { formatIdentity, type Identity, identityOf, parseIdentity } from "../kubernetes/object-ref.js"
import type { KubernetesObject, Release } from "../manifests/render.js"
import { digestOf } from "../util/digest.js"
import { CloudNativeError } from "../util/errors.js"
import { readStored } from "../util/json.js"
import { NextBuild } from "../verify/image/next-build.js"
import { expired, KEPT, lastSucceeded } from "./candidates.js"

/** The form of a record's content. */
const SCHEMA_VERSION = 1

export const NAME_LABEL = "cloud-native/name"
export const RECORD_LABEL = "cloud-native/record"
const OUTCOME_LABEL = "cloud-native/outcome"
const CONTENT = "cloud-native/content"
const INVENTORY = "cloud-native/inventory"
const FOUND = "cloud-native/found"
const STEP = "cloud-native/step"
const KEEP = "cloud-native/keep-until"
const LEFT = "cloud-native/left"

/** Where a deployment is. */
export type Step = "configure" | "migrate" | "rollout" | "switch" | "verify" | "rollback"

/** A step that has begun. */
export interface Reached {
  kind: "deploy" | "rollback"
  step: Step
  /** ISO 8601. */
  at: string
}

/** What of a release is kept: all but the values of Secrets, which stay in the namespace under the name of their content. */
export interface Recorded {
  release: Release
  images: Record<string, string>
  publicUrl: string
  /** What the monitor asks of it; unset in earlier records. */
  expectations?: Expectations
  /** The frontend's build; unset in earlier records, and where it is not one of Next.js. */
  frontendBuild?: NextBuild
  /** Whether the code that ran before was seen to work on its schema; unset in earlier records, and without migrations of its own. */
  schema?: ProvenSchema
}

const ProvenSchema = z.object({
  /** Of the release that ran before, its content; unset: there was none. */
  running: z.string().optional(),
  verdict: z.enum(["passed", "failed", "not-checked"]),
  /** How it failed, or why it was not checked. */
  reason: z.string(),
})
export type ProvenSchema = z.infer<typeof ProvenSchema>

/** What is read of each record, without its content. */
export interface ReleaseSummary {
  id: string
  /** pending while it is brought up, and for ever where that was killed half-way. */
  outcome: "pending" | "succeeded" | "failed"
  /** The digest of what was deployed: the same twice is the same release. */
  content: string
  /** All that it consists of. */
  inventory: Identity[]
  /** What of that was there before it, and somebody else's. */
  found: Identity[]
  /** The last step that has begun; unset in earlier records. */
  reached?: Reached
  /** Until when, in ISO 8601, what ran before it stays beside it; unset where nothing does. */
  keptUntil?: string
  /** What a failure has left: all of it, which serves where what ran before cannot; or parts, since it could not be undone. */
  left?: Left
}

export type Left = "serving" | "parts"

/** A name that sorts by time: 20261124-164500-1a2b. */
export function newId(now: Date = new Date()): string {
  return `${timeOf(now)}-${crypto.randomUUID().slice(0, 4)}`
}

/** Whether the deployment of an id began before a time; to the second. */
export function beganBefore(id: string, time: Date): boolean {
  return id < timeOf(time)
}

/** When the deployment of an id began, in ISO 8601; to the second. */
export function begunAt(id: string): string {
  return id.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-.*$/, "$1-$2-$3T$4:$5:$6.000Z")
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
  kind: Reached["kind"],
): Promise<ReleaseSummary> {
  const content = { schemaVersion: SCHEMA_VERSION, ...withoutSecrets(recorded) }
  const entry: ReleaseSummary & { reached: Reached } = {
    id,
    outcome: "pending",
    content: contentOf(recorded),
    inventory: inventoryOf(recorded.release),
    found,
    reached: { kind, step: "configure", at: new Date().toISOString() },
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
          [STEP]: formatReached(entry.reached),
        },
      },
      type: "cloud-native/release",
      data: { release: gzipSync(JSON.stringify(content)).toString("base64") },
    },
  ])
  return entry
}

/** The digest of what is deployed. What is asked of it makes it no other release. */
export function contentOf(recorded: Recorded): string {
  const { release, images, publicUrl } = withoutSecrets(recorded)
  return digestOf({ release, images, publicUrl })
}

function withoutSecrets({ release, ...rest }: Recorded): Recorded {
  return { ...rest, release: { ...release, secrets: release.secrets.map(withoutData) } }
}

export async function recordOutcome(kubectl: Kubectl, id: string, outcome: ReleaseSummary["outcome"]): Promise<void> {
  await kubectl.must(["label", "secret", recordName(id), `${OUTCOME_LABEL}=${outcome}`, "--overwrite"])
}

/** Write down where a deployment is, for one that is killed there. */
export async function recordStep(kubectl: Kubectl, id: string, reached: Reached): Promise<void> {
  await annotate(kubectl, id, STEP, formatReached(reached))
}

/** Write down until when what ran before a release stays beside it. */
export async function recordKept(kubectl: Kubectl, id: string, until: string): Promise<void> {
  await annotate(kubectl, id, KEEP, until)
}

/** Write down what a deployment that failed has left. */
export async function recordLeft(kubectl: Kubectl, id: string, left: Left): Promise<void> {
  await annotate(kubectl, id, LEFT, left)
}

async function annotate(kubectl: Kubectl, id: string, name: string, value: string): Promise<void> {
  await kubectl.must(["annotate", "secret", recordName(id), `${name}=${value}`, "--overwrite"])
}

/** What has been recorded of a release's name, the oldest first. */
export async function listRecords(kubectl: Kubectl, name: string): Promise<ReleaseSummary[]> {
  const api = await kubectl.api()
  const records = await api.listMetadata("secrets", { [RECORD_LABEL]: "release", [NAME_LABEL]: name })
  return records.map(summaryOf).sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** The deployments of other names that have begun, and not ended, in this namespace. */
export async function listPendingOfOthers(
  kubectl: Kubectl,
  name: string,
): Promise<(Pick<ReleaseSummary, "id" | "inventory"> & { name: string })[]> {
  const api = await kubectl.api()
  const pending = await api.listMetadata("secrets", { [RECORD_LABEL]: "release", [OUTCOME_LABEL]: "pending" })
  return pending
    .map(record => ({ ...summaryOf(record), name: record.labels[NAME_LABEL] ?? "" }))
    .filter(record => record.name !== name)
}

function summaryOf({ name, labels, annotations }: Metadata): ReleaseSummary {
  return {
    id: idOf(name),
    outcome: labels[OUTCOME_LABEL] as ReleaseSummary["outcome"],
    content: annotations[CONTENT] ?? "",
    inventory: parseIdentities(annotations[INVENTORY] ?? ""),
    found: parseIdentities(annotations[FOUND] ?? ""),
    reached: parseReached(annotations[STEP] ?? ""),
    keptUntil: annotations[KEEP],
    left: annotations[LEFT] as Left | undefined,
  }
}

function formatReached({ kind, step, at }: Reached): string {
  return `${kind}/${step}@${at}`
}

function parseReached(text: string): Reached | undefined {
  const [, kind, step, at = ""] = /^(\w+)\/(\w+)@(.+)$/.exec(text) ?? []
  return kind === undefined ? undefined : { kind: kind as Reached["kind"], step: step as Step, at }
}

const Stored = z.object({ data: z.object({ release: z.string() }) })
const Objects = z.array(
  z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) }),
)
const Content = z.object({
  /** Unset in earlier records. */
  schemaVersion: z.literal(SCHEMA_VERSION).optional(),
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
  expectations: Expectations.optional(),
  frontendBuild: NextBuild.optional(),
  schema: ProvenSchema.optional(),
})

/** The release that runs, as it was recorded; undefined where none has succeeded. */
export async function readRunning(kubectl: Kubectl, entries: ReleaseSummary[]): Promise<Recorded | undefined> {
  const running = lastSucceeded(entries)
  return running && readRecord(kubectl, running.id)
}

export async function readRecord(kubectl: Kubectl, id: string): Promise<Recorded> {
  const record = await (await kubectl.api()).get("secrets", recordName(id), Stored)
  if (!record) throw missing(kubectl, `there is no record of a release ${id}`)
  const {
    schemaVersion: _,
    release,
    ...rest
  } = readStored(
    Content,
    SCHEMA_VERSION,
    JSON.parse(gunzipSync(Buffer.from(record.data.release, "base64")).toString()),
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

/** Delete the records that have expired. */
export async function applyReleaseRetention(kubectl: Kubectl, entries: ReleaseSummary[]): Promise<void> {
  const gone = expired(entries).map(({ id }) => `secret/${recordName(id)}`)
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

export function labels(name: string): Record<string, string> {
  return { "app.kubernetes.io/managed-by": "cloud-native", [NAME_LABEL]: name }
}

const recordName = (id: string) => `cloud-native-release-${id}`
const idOf = (record: string) => record.replace(/^cloud-native-release-/, "")

export function missing(kubectl: Kubectl, what: string): CloudNativeError {
  return new CloudNativeError({
    code: "RECORD_MISSING",
    blame: "user",
    what: `${what} in the namespace ${kubectl.namespace}`,
    why: `the last ${KEPT} deployments are kept, as Secrets cloud-native-release-… and ConfigMaps cloud-native-report-…`,
    fix: `look at what there is: kubectl --namespace=${kubectl.namespace} get configmaps --selector=${RECORD_LABEL}=report`,
  })
}
