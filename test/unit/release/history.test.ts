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
  readRecord,
  recordOutcome,
  recordRelease,
  recordStep,
} from "../../../.dagger/src/release/history.ts"
import { digestOf } from "../../../.dagger/src/util/digest.ts"
import { entry, fakeApi, fakeKubectl, object, record } from "./records.ts"

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

describe("a record", () => {
  const ID = "20261124-095959-abcd"
  const reading = (...found: ReturnType<typeof record>[]) => fakeKubectl({}, found).kubectl
  const storedAs = (content: unknown) =>
    record(entry(ID, "succeeded"), { data: { release: gzipSync(JSON.stringify(content)).toString("base64") } })
  const keeping = () => {
    const stored: ReturnType<typeof record>[] = []
    const applySecret = async (secrets: typeof stored) => void stored.push(...secrets)
    return { kubectl: { applySecret } as unknown as Parameters<typeof recordRelease>[0], stored }
  }
  const read = async () => {
    const text = await readFile(new URL("cases/without-version.json", import.meta.url), "utf8")
    return JSON.parse(text) as Parameters<typeof recordRelease>[3]
  }

  test("without a version is read", async () => {
    const recorded = await read()
    expect(await readRecord(reading(storedAs(recorded)), ID)).toEqual(recorded)
  })

  test("of a newer module is the user's to read with that one", async () => {
    const kubectl = reading(storedAs({ schemaVersion: 2, release: "of another form" }))
    await expect(readRecord(kubectl, ID)).rejects.toMatchObject({
      code: "RECORD_TOO_NEW",
      blame: "user",
      why: "its schemaVersion is 2; this version of the module reads up to 1",
    })
  })

  test("is read as it was written, and is of the same content with and without a version", async () => {
    const recorded = await read()
    const { kubectl, stored } = keeping()
    const { content } = await recordRelease(kubectl, "shop", ID, recorded, [], "deploy")
    expect(await readRecord(reading(...stored), ID)).toEqual(recorded)
    expect(content).toBe(digestOf(recorded))
  })

  test("keeps the frontend's build, which is not part of what was deployed: its image is", async () => {
    const frontendBuild = { id: "1", files: "f", key: "k", actions: { a1: "add in app/actions.ts" } }
    const recorded = { ...(await read()), frontendBuild }
    const { kubectl, stored } = keeping()
    const { content } = await recordRelease(kubectl, "shop", ID, recorded, [], "deploy")
    expect(await readRecord(reading(...stored), ID)).toEqual(recorded)
    expect(content).toBe(digestOf(await read()))
  })
})

test.each(["Z", "1"])("an id that begins in that very second (%s) did not begin before it", end => {
  expect(beganBefore(`20261124-100000${end === "Z" ? "" : "-0a1b"}`, new Date("2026-11-24T10:00:00Z"))).toBe(false)
})

test("an id says when its deployment began", () => {
  expect(begunAt("20261124-164559-0a1b")).toBe("2026-11-24T16:45:59.000Z")
})

describe("the records of a namespace", () => {
  const [web, settings] = [object("Deployment", "web"), object("ConfigMap", "web-config-1234567890")]
  const listed = async (...records: ReturnType<typeof record>[]) =>
    listRecords(fakeKubectl({}, records).kubectl, "shop")

  test("are read by the name of the release, the oldest first", async () => {
    const entries = [
      entry("2", "failed", [web, settings], [web]),
      entry("1", "succeeded"),
      entry("3", "pending", [web]),
    ]
    const report = { kind: "Secret" as const, metadata: { name: "app", labels: { "cloud-native/name": "shop" } } }
    const others = [record(entry("4", "succeeded"), { name: "store" }), report]
    const found = await listed(...entries.map(each => record(each)), ...others)
    expect(found).toEqual([entries[1], entries[0], entries[2]])
  })

  test("have the last step that began, and until when what was before is kept, where that is written down", async () => {
    const annotations = {
      "cloud-native/step": "rollback/verify@2026-11-24T10:01:00.000Z",
      "cloud-native/keep-until": "2026-11-24T10:05:00.000Z",
    }
    const [found] = await listed(record(entry("1", "pending"), { annotations }))
    expect(found!.reached).toEqual({ kind: "rollback", step: "verify", at: "2026-11-24T10:01:00.000Z" })
    expect(found!.keptUntil).toBe("2026-11-24T10:05:00.000Z")
  })

  test.each(["rollback/verify", "!rollback/verify@now", "rollback/verify!@now"])("have no step %s", async step => {
    const [found] = await listed(record(entry("1", "pending"), { annotations: { "cloud-native/step": step } }))
    expect(found!.reached).toBeUndefined()
  })

  test("of earlier versions of this module have less written down", async () => {
    const { kind, metadata } = record(entry("1", "succeeded"))
    expect(await listed({ kind, metadata: { ...metadata, annotations: {} } })).toEqual([
      { id: "1", outcome: "succeeded", content: "", inventory: [], found: [] },
    ])
  })

  test("have the deployments of other names that have begun, with what they consist of", async () => {
    const { kubectl } = fakeKubectl({}, [
      record(entry("7", "pending", [web]), { name: "store" }),
      record(entry("8", "pending"), { name: "x" }),
      record(entry("9", "succeeded"), { name: "store" }),
      record(entry("10", "pending", [web])),
    ])
    expect(await listPendingOfOthers(kubectl, "shop")).toMatchObject([
      { id: "7", name: "store", inventory: [web] },
      { id: "8", name: "x", inventory: [] },
    ])
  })

  const asking = () => {
    const asked: string[][] = []
    const must = async (args: string[]) => (asked.push(args), "")
    return { asked, kubectl: { namespace: "shop", must, api: async () => fakeApi([]) } as never }
  }

  test("get an outcome, and the step that has begun", async () => {
    const { asked, kubectl } = asking()
    await recordOutcome(kubectl, "7", "succeeded")
    await recordStep(kubectl, "7", { kind: "deploy", step: "verify", at: "2026-11-24T10:01:00.000Z" })
    expect(asked.map(args => args.join(" "))).toEqual([
      "label secret cloud-native-release-7 cloud-native/outcome=succeeded --overwrite",
      "annotate secret cloud-native-release-7 cloud-native/step=deploy/verify@2026-11-24T10:01:00.000Z --overwrite",
    ])
  })

  test("are deleted when they have expired, and only then", async () => {
    const entries = Array.from({ length: 12 }, (_, index) => entry(`${index + 10}`, "succeeded"))
    const { asked, kubectl } = asking()
    await applyReleaseRetention(kubectl, entries)
    await applyReleaseRetention(kubectl, entries.slice(2))
    expect(asked.map(args => args.join(" "))).toEqual([
      "delete secret/cloud-native-release-10 secret/cloud-native-release-11 --ignore-not-found --wait=false",
    ])
  })

  test("without the one that is asked for are an error that says where to look", async () => {
    const { kubectl } = asking()
    await expect(readRecord(kubectl, "7")).rejects.toMatchObject({
      code: "RECORD_MISSING",
      blame: "user",
      what: "there is no record of a release 7 in the namespace shop",
      why: expect.stringContaining("the last 10 deployments are kept") as string,
      fix: "look at what there is: kubectl --namespace=shop get configmaps --selector=cloud-native/record=report",
    })
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
