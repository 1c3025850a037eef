import { gzipSync } from "node:zlib"

import { describe, expect, test } from "vitest"

import type { RolloutTask } from "../../../.dagger/src/deploy/task.ts"
import { isUnchanged } from "../../../.dagger/src/deploy/unchanged.ts"
import { contentOf, type Recorded, type ReleaseSummary } from "../../../.dagger/src/release/history.ts"
import { fakeKubectl, record } from "../release/records.ts"

const DEPLOYMENT = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "backend", uid: "1", generation: 2 },
  spec: { replicas: 2 },
  status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
}
const SET = {
  live: { metadata: { name: "db", uid: "2", generation: 1 } },
  observedGeneration: 1,
  strategy: "RollingUpdate",
  wanted: 1,
  partition: 0,
  updated: 1,
  ready: 1,
}
const CONFIG = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data: { LEVEL: "info" } }
const SECRET = { apiVersion: "v1", kind: "Secret", metadata: { name: "app-1234" } }

const RECORDED: Recorded = {
  release: {
    config: [CONFIG],
    secrets: [SECRET],
    migrations: [{ apiVersion: "batch/v1", kind: "Job", metadata: { name: "migrate" } }],
    objects: [{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "backend" } }],
    workloads: [
      { kind: "Deployment", name: "backend", namespace: "shop" },
      { kind: "StatefulSet", name: "db", namespace: "shop" },
    ],
    secretName: "app",
  },
  images: { backend: "r/backend@sha256:1" },
  publicUrl: "https://shop.example",
  expectations: { requests: [], signIn: [], secrets: [], handshake: [] },
}

/** How a cluster stands on which RECORDED was deployed; a case changes one thing of it. */
interface Cluster {
  live: object[]
  planned: object[]
  secrets: string
  deployments: object[]
  set: object
  /** What has been recorded of it, the last one last. */
  entries: Partial<ReleaseSummary>[]
  known: Partial<Recorded>
  /** Whether an object of an earlier release is there still. */
  leftover?: boolean
}
const WHOLE: Cluster = {
  live: [CONFIG, DEPLOYMENT],
  planned: [CONFIG, DEPLOYMENT],
  secrets: "secret/app-1234\n",
  deployments: [DEPLOYMENT],
  set: SET,
  entries: [{ content: "another" }, { content: contentOf(RECORDED) }],
  known: RECORDED,
}

async function judge(cluster: Cluster): Promise<boolean> {
  const entries = cluster.entries.map((entry, index): ReleaseSummary => ({
    id: `${index}`,
    outcome: "succeeded",
    content: "",
    inventory: [],
    found: [],
    ...entry,
  }))
  const list = (items: object[]) => ({ stdout: JSON.stringify({ items }) })
  const old = { apiVersion: "v1", kind: "Service", name: "old" }
  const { kubectl } = fakeKubectl({
    apply: () => list(cluster.planned),
    get: names => {
      if (names.includes("Service old")) return { stdout: "v1\tService\told\tshop\tcloud-native" }
      return names.length > 0 ? list(cluster.live) : { stdout: cluster.secrets }
    },
  })
  const release = gzipSync(JSON.stringify(cluster.known)).toString("base64")
  const earlier = { ...entries[0]!, id: "0", inventory: [old] }
  const api = {
    listMetadata: async () => (cluster.leftover ? [record(earlier).metadata] : []),
    listVersioned: async (kind: string) => ({ items: kind === "deployments" ? cluster.deployments : [] }),
    get: async (collection: string) => (collection === "secrets" ? { data: { release } } : cluster.set),
    nodes: async () => [],
  }
  const whole = { ...kubectl, api: async () => api, now: async () => 0 }
  const task = { kubectl: whole, config: { name: "shop", limits: { startup: 30 } }, recorded: RECORDED }
  return isUnchanged(task as unknown as RolloutTask, entries)
}

test("the same release, as it would be applied, and running, is unchanged: its migrations have run", async () => {
  expect(await judge(WHOLE)).toBe(true)
})

const edited = { ...DEPLOYMENT, spec: { replicas: 5 } }
const asked = {
  name: "home",
  method: "GET",
  url: "http://frontend",
  headers: {},
  to: "frontend" as const,
  signedIn: false,
  page: false,
  rate: 1,
  expect: { status: 200 },
}
test("unchanged beside what stays for a while, and not once that is over", async () => {
  const kept = (from: number) => [
    { content: contentOf(RECORDED), keptUntil: new Date(Date.now() + from).toISOString() },
  ]
  expect(await judge({ ...WHOLE, leftover: true, entries: kept(60_000) })).toBe(true)
  expect(await judge({ ...WHOLE, leftover: true, entries: kept(-1000) })).toBe(false)
  expect(await judge({ ...WHOLE, live: [CONFIG, edited], entries: kept(60_000) })).toBe(false)
})

describe("not unchanged", () => {
  test.each<[string, Partial<Cluster>]>([
    ["nothing was deployed before", { entries: [] }],
    ["another release was deployed last", { entries: [{ content: contentOf(RECORDED) }, { content: "another" }] }],
    ["the last deployment failed", { entries: [{ content: contentOf(RECORDED), outcome: "failed" }] }],
    ["the last deployment was killed", { entries: [{ content: contentOf(RECORDED), outcome: "pending" }] }],
    [
      "it is asked something else",
      { known: { ...RECORDED, expectations: { requests: [asked], signIn: [], secrets: [], handshake: [] } } },
    ],
    ["an object was changed by hand", { live: [CONFIG, edited] }],
    ["an object was deleted", { live: [DEPLOYMENT] }],
    ["a Secret was deleted", { secrets: "" }],
    ["something of an earlier release is there still", { leftover: true }],
    ["a pod is missing", { deployments: [{ ...DEPLOYMENT, status: { ...DEPLOYMENT.status, availableReplicas: 1 } }] }],
    ["a pod of a StatefulSet is not ready", { set: { ...SET, ready: 0 } }],
  ])("%s", async (_, difference) => {
    expect(await judge({ ...WHOLE, ...difference })).toBe(false)
  })
})
