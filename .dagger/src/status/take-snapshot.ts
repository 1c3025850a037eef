import { z } from "zod"

import type { Api, Collection } from "../kubernetes/api.js"
import { Copies } from "../kubernetes/copies.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import { withoutControl } from "../util/printable.js"
import type { Redactor } from "../util/redact.js"
import { isEvicted, isUnscheduled } from "./pod.js"
import { Item, only, type Snapshot } from "./snapshot.js"

/** What is read of a namespace while a release rolls out. */
const KINDS = {
  deployments: "Deployment",
  replicasets: "ReplicaSet",
  pods: "Pod",
  jobs: "Job",
  horizontalpodautoscalers: "HorizontalPodAutoscaler",
  events: "Event",
} as const satisfies Partial<Record<Collection, Item["kind"]>>
const COLLECTIONS = Object.keys(KINDS) as (keyof typeof KINDS)[]

/** Events that are no warning and tell something all the same: why a container ended, how long a pull takes, that a Job completed, whether a node is coming. */
const TELLING = ["Pulling", "Pulled", "Killing", "Completed", "TriggeredScaleUp", "NotTriggerScaleUp", "Nominated"]

const SecretSources = z.object({
  env: z
    .array(z.object({ valueFrom: z.object({ secretKeyRef: z.object({ name: z.string() }).optional() }).optional() }))
    .default([]),
  envFrom: z.array(z.object({ secretRef: z.object({ name: z.string() }).optional() })).default([]),
})
const Volume = z.object({
  secret: z.object({ secretName: z.string().optional() }).optional(),
  projected: z
    .object({ sources: z.array(z.object({ secret: z.object({ name: z.string() }).optional() })).default([]) })
    .prefault({}),
})
const RawPod = z.looseObject({
  spec: z.looseObject({
    initContainers: z.array(SecretSources).default([]),
    containers: z.array(SecretSources).default([]),
    volumes: z.array(Volume).default([]),
  }),
})

const RawEvent = z.looseObject({
  count: z.number().nullish(),
  eventTime: z.string().nullish(),
  firstTimestamp: z.string().nullish(),
  lastTimestamp: z.string().nullish(),
  series: z.object({ count: z.number(), lastObservedTime: z.string() }).nullish(),
})

/**
 * How the namespace stands at this moment. `redactor` takes secret values out of the messages, in which may stand what a container
 * answered or wrote.
 */
export async function takeSnapshot(kubectl: Kubectl, redactor?: Redactor): Promise<Snapshot> {
  const api = await kubectl.api()
  return snapshotOf(api, await copyNamespace(api, redactor), redactor)
}

/** Copies of all that a snapshot is made of. */
export type NamespaceCopies = Copies<keyof typeof KINDS, Item>

export function copyNamespace(api: Api, redactor?: Redactor): Promise<NamespaceCopies> {
  return Copies.list(api, COLLECTIONS, (collection, raw) => readItem(KINDS[collection], raw, redactor))
}

/** The copies as they are now, as a snapshot; with the cluster's nodes, where a pod has none or had to leave its own. */
export async function snapshotOf(
  api: Api,
  { objects }: Pick<NamespaceCopies, "objects">,
  redactor?: Redactor,
): Promise<Snapshot> {
  const items = objects.filter(isTelling)
  if (!only({ items }, "Pod").some(pod => isUnscheduled(pod) || isEvicted(pod))) return { items }
  const nodes = await api.nodes(z.looseObject({}))
  return { items: [...items, ...nodes.map(raw => readItem("Node", raw, redactor))] }
}

function readItem(kind: Item["kind"], raw: object, redactor?: Redactor): Item {
  const item = Item.parse({ ...raw, ...detailsOf(kind, raw), kind })
  return redactor ? redactMessages(item, redactor) : item
}

/** Messages are cut where they are shown: a part of a secret would not be found there any more. */
function redactMessages(item: Item, redactor: Redactor): Item {
  const clean = (key: string, value: unknown) =>
    key === "message" && typeof value === "string" ? redactor.redact(withoutControl(value)) : value
  return JSON.parse(JSON.stringify(item, clean)) as Item
}

function detailsOf(kind: Item["kind"], raw: { spec?: unknown }): object {
  if (kind === "Pod") return { spec: { ...(raw.spec as object), secrets: secretsOf(RawPod.parse(raw)) } }
  if (kind !== "Event") return {}
  const { count, eventTime, firstTimestamp, lastTimestamp, series } = RawEvent.parse(raw)
  return {
    count: series?.count ?? count ?? 1,
    firstTimestamp: firstTimestamp ?? eventTime,
    lastTimestamp: series?.lastObservedTime ?? lastTimestamp ?? eventTime,
  }
}

/** Names of the Secrets that a pod's containers get as variables or as files. */
function secretsOf({ spec: { initContainers, containers, volumes } }: z.infer<typeof RawPod>): string[] {
  const variables = [...initContainers, ...containers].flatMap(({ env, envFrom }) => [
    ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ...envFrom.map(({ secretRef }) => secretRef?.name),
  ])
  const files = volumes.flatMap(({ secret, projected }) => [
    secret?.secretName,
    ...projected.sources.map(source => source.secret?.name),
  ])
  return [...new Set([...variables, ...files].filter(name => name !== undefined))]
}

function isTelling(item: Item): boolean {
  return item.kind !== "Event" || item.type === "Warning" || TELLING.includes(item.reason)
}
