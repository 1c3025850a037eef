import { readFile } from "node:fs/promises"
import { gunzipSync, gzipSync } from "node:zlib"

import { describe, expect, test } from "vitest"

import { formatIdentity } from "../../../.dagger/src/kubernetes/object-ref.ts"
import {
  applyReleaseRetention,
  beganBefore,
  begunAt,
  listPendingOfOthers,
  listRecords,
  newId,
  parseSummary,
  readRecord,
  recordOutcome,
  recordRelease,
  recordStep,
} from "../../../.dagger/src/release/history.ts"
import { digestOf } from "../../../.dagger/src/util/digest.ts"
import { entry, fakeKubectl, object } from "./records.ts"

test("ids sort by time", () => {
  const [earlier, later] = [newId(new Date("2026-11-24T09:59:59Z")), newId(new Date("2026-11-24T10:00:00Z"))]
  expect(earlier < later).toBe(true)
  expect(earlier).toMatch(/^20261124-095959-[0-9a-f]{4}$/)
})

test("an id says whether its deployment began before a time", () => {
  const id = newId(new Date("2026-11-24T10:00:00.900Z"))
  expect(beganBefore(id, new Date("2026-11-24T10:00:01Z"))).toBe(true)
  expect(beganBefore(id, new Date("2026-11-24T10:00:00.950Z"))).toBe(false)
})

describe("a record's line is read as what was written", () => {
  const [web, settings] = [object("Deployment", "web"), object("ConfigMap", "web-config-1234567890")]
  const line = `cloud-native-release-20261124-095959-abcd succeeded content ${[web, settings].map(formatIdentity).join(",")}`

  test.each([
    ["with what was found there", [web], formatIdentity(web)],
    ["where nothing was", [], ""],
  ])("%s", (_, found, text) => {
    expect(parseSummary(`${line} ${text}`)).toEqual({
      ...entry("20261124-095959-abcd", "succeeded", [web, settings], found),
      content: "content",
    })
  })
})

test("a record's line has the last step that began, where it has one", () => {
  const line = "cloud-native-release-1 pending content  "
  expect(parseSummary(`${line} rollback/verify@2026-11-24T10:01:00.000Z`).reached).toEqual({
    kind: "rollback",
    step: "verify",
    at: "2026-11-24T10:01:00.000Z",
  })
  expect(parseSummary(`${line} `).reached).toBeUndefined()
  expect(parseSummary(`${line} `)).not.toHaveProperty("keptUntil")
  expect(parseSummary(`${line}  2026-11-24T10:05:00.000Z`)).toMatchObject({
    reached: undefined,
    keptUntil: "2026-11-24T10:05:00.000Z",
  })
})

describe("a record", () => {
  const read = async () => {
    const text = await readFile(new URL("cases/without-version.json", import.meta.url), "utf8")
    return JSON.parse(text) as Parameters<typeof recordRelease>[3]
  }

  test("without a version is read", async () => {
    const recorded = await read()
    const stored = gzipSync(JSON.stringify(recorded)).toString("base64")
    const { kubectl } = fakeKubectl({ get: () => ({ stdout: stored }) })
    expect(await readRecord(kubectl, "20261124-095959-abcd")).toEqual(recorded)
  })

  test("of a newer module is the user's to read with that one", async () => {
    const stored = gzipSync(JSON.stringify({ schemaVersion: 2, release: "of another form" })).toString("base64")
    const { kubectl } = fakeKubectl({ get: () => ({ stdout: stored }) })
    await expect(readRecord(kubectl, "20261124-095959-abcd")).rejects.toMatchObject({
      code: "RECORD_TOO_NEW",
      blame: "user",
      why: "its schemaVersion is 2; this version of the module reads up to 1",
    })
  })

  test("is read as it was written, and is of the same content with and without a version", async () => {
    const recorded = await read()
    let stored = ""
    const kubectl = {
      applySecret: async ([secret]: [{ data: { release: string } }]) => void (stored = secret.data.release),
      must: async () => stored,
    } as unknown as Parameters<typeof readRecord>[0]
    const { content } = await recordRelease(kubectl, "shop", "20261124-095959-abcd", recorded, [], "deploy")
    expect(await readRecord(kubectl, "20261124-095959-abcd")).toEqual(recorded)
    expect(content).toBe(digestOf(recorded))
  })

  test("keeps the frontend's build, which is not part of what was deployed: its image is", async () => {
    const frontendBuild = { id: "1", files: "f", key: "k", actions: { a1: "add in app/actions.ts" } }
    const recorded = { ...(await read()), frontendBuild }
    let stored = ""
    const kubectl = {
      applySecret: async ([secret]: [{ data: { release: string } }]) => void (stored = secret.data.release),
      must: async () => stored,
    } as unknown as Parameters<typeof readRecord>[0]
    const { content } = await recordRelease(kubectl, "shop", "20261124-095959-abcd", recorded, [], "deploy")
    expect(await readRecord(kubectl, "20261124-095959-abcd")).toEqual(recorded)
    expect(content).toBe(digestOf(await read()))
  })
})

test.each(["Z", "1"])("an id that begins in that very second (%s) did not begin before it", end => {
  expect(beganBefore(`20261124-100000${end === "Z" ? "" : "-0a1b"}`, new Date("2026-11-24T10:00:00Z"))).toBe(false)
})

test("an id says when its deployment began", () => {
  expect(begunAt("20261124-164559-0a1b")).toBe("2026-11-24T16:45:59.000Z")
})

test("a step that is not one of a record's is none", () => {
  const line = "cloud-native-release-1 pending content  "
  for (const step of ["rollback/verify", "!rollback/verify@now", "rollback/verify!@now"])
    expect(parseSummary(`${line} ${step}`).reached).toBeUndefined()
})

describe("the records of a namespace", () => {
  /** A kubectl that answers with a text, and what it was asked. */
  const answering = (text: string) => {
    const asked: string[][] = []
    const must = async (args: string[]) => (asked.push(args), text)
    return { asked, kubectl: { namespace: "shop", must } as unknown as Parameters<typeof listRecords>[0] }
  }
  const web = object("Deployment", "web")

  test("are read by the name of the release, the oldest first", async () => {
    const { asked, kubectl } = answering(
      "cloud-native-release-2 failed b  \ncloud-native-release-1 succeeded a  \n\ncloud-native-release-3 pending c  \n",
    )
    expect((await listRecords(kubectl, "shop")).map(({ id, outcome, content }) => [id, outcome, content])).toEqual([
      ["1", "succeeded", "a"],
      ["2", "failed", "b"],
      ["3", "pending", "c"],
    ])
    expect(asked).toEqual([
      [
        "get",
        "secrets",
        "--selector=cloud-native/record=release,cloud-native/name=shop",
        '--output=go-template={{range .items}}{{.metadata.name}} {{index .metadata.labels "cloud-native/outcome"}} {{index .metadata.annotations "cloud-native/content"}} {{index .metadata.annotations "cloud-native/inventory"}} {{index .metadata.annotations "cloud-native/found"}} {{with index .metadata.annotations "cloud-native/step"}}{{.}}{{end}} {{with index .metadata.annotations "cloud-native/keep-until"}}{{.}}{{end}}{{"\\n"}}{{end}}',
      ],
    ])
  })

  test("have the deployments of other names that have begun, with what they consist of", async () => {
    const { asked, kubectl } = answering(
      `cloud-native-release-7 store ${formatIdentity(web)}\n\ncloud-native-release-8 x\n`,
    )
    expect(await listPendingOfOthers(kubectl, "shop")).toEqual([
      { id: "7", name: "store", inventory: [web] },
      { id: "8", name: "x", inventory: [] },
    ])
    expect(asked).toEqual([
      [
        "get",
        "secrets",
        "--selector=cloud-native/record=release,cloud-native/outcome=pending,cloud-native/name!=shop",
        '--output=go-template={{range .items}}{{.metadata.name}} {{index .metadata.labels "cloud-native/name"}} {{index .metadata.annotations "cloud-native/inventory"}}{{"\\n"}}{{end}}',
      ],
    ])
  })

  test("get an outcome, and the step that has begun", async () => {
    const { asked, kubectl } = answering("")
    await recordOutcome(kubectl, "7", "succeeded")
    await recordStep(kubectl, "7", { kind: "deploy", step: "verify", at: "2026-11-24T10:01:00.000Z" })
    expect(asked.map(args => args.join(" "))).toEqual([
      "label secret cloud-native-release-7 cloud-native/outcome=succeeded --overwrite",
      "annotate secret cloud-native-release-7 cloud-native/step=deploy/verify@2026-11-24T10:01:00.000Z --overwrite",
    ])
  })

  test("are deleted when they have expired, and only then", async () => {
    const entries = Array.from({ length: 12 }, (_, index) => entry(`${index + 10}`, "succeeded"))
    const { asked, kubectl } = answering("")
    await applyReleaseRetention(kubectl, entries)
    await applyReleaseRetention(kubectl, entries.slice(2))
    expect(asked.map(args => args.join(" "))).toEqual([
      "delete secret/cloud-native-release-10 secret/cloud-native-release-11 --ignore-not-found --wait=false",
    ])
  })

  test("without the one that is asked for are an error that says where to look", async () => {
    const { asked, kubectl } = answering("")
    await expect(readRecord(kubectl, "7")).rejects.toMatchObject({
      code: "RECORD_MISSING",
      blame: "user",
      what: "there is no record of a release 7 in the namespace shop",
      why: expect.stringContaining("the last 10 deployments are kept") as string,
      fix: "look at what there is: kubectl --namespace=shop get configmaps --selector=cloud-native/record=report",
    })
    expect(asked[0]?.join(" ")).toBe(
      "get secret cloud-native-release-7 --ignore-not-found --output=go-template={{.data.release}}",
    )
  })
})

test("a release is written down before it begins: by name and outcome, with what it consists of, and without its secrets", async () => {
  const item = (kind: string, name: string) => ({ apiVersion: "v1", kind, metadata: { name }, data: { a: "1" } })
  const release = {
    config: [item("ConfigMap", "c")],
    secrets: [item("Secret", "s")],
    migrations: [item("Job", "m")],
    objects: [item("Service", "o")],
    secretName: "s",
    workloads: [],
  }
  let written: Record<string, unknown> = {}
  const kubectl = { applySecret: async (items: object[]) => void (written = items[0] as typeof written) } as never
  const found = [object("Service", "o")]
  const recorded = { release, images: {}, publicUrl: "https://x" } as unknown as Parameters<typeof recordRelease>[3]
  const summary = await recordRelease(kubectl, "shop", "7", recorded, found, "rollback")
  expect(summary).toMatchObject({
    id: "7",
    outcome: "pending",
    found,
    reached: { kind: "rollback", step: "configure", at: expect.stringMatching(/^\d{4}-.*Z$/) as string },
  })
  expect(summary.inventory.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "ConfigMap c",
    "Secret s",
    "Job m",
    "Service o",
  ])
  expect(written).toMatchObject({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "cloud-native-release-7",
      labels: {
        "app.kubernetes.io/managed-by": "cloud-native",
        "cloud-native/name": "shop",
        "cloud-native/record": "release",
        "cloud-native/outcome": "pending",
      },
      annotations: {
        "cloud-native/content": summary.content,
        "cloud-native/inventory": summary.inventory.map(formatIdentity).join(","),
        "cloud-native/found": found.map(formatIdentity).join(","),
        "cloud-native/step": `rollback/configure@${summary.reached?.at}`,
      },
    },
    type: "cloud-native/release",
  })
  const content = JSON.parse(
    gunzipSync(Buffer.from((written.data as { release: string }).release, "base64")).toString(),
  ) as { schemaVersion: number; release: typeof release }
  expect(content.schemaVersion).toBe(1)
  expect(content.release.secrets).toEqual([{ apiVersion: "v1", kind: "Secret", metadata: { name: "s" } }])
})
