import { readFile } from "node:fs/promises"
import { gzipSync } from "node:zlib"

import { describe, expect, test } from "vitest"

import { formatIdentity } from "../../../.dagger/src/kubernetes/object-ref.ts"
import {
  beganBefore,
  expired,
  lastOther,
  lastSucceeded,
  newId,
  parseSummary,
  readRecord,
  recordRelease,
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
})

describe("the target of a rollback", () => {
  test("the last release that succeeded", () => {
    const entries = [entry("1", "succeeded"), entry("2", "succeeded"), entry("3", "failed"), entry("4", "pending")]
    expect(lastSucceeded(entries)?.id).toBe("2")
  })

  test("nothing if none has", () => {
    expect(lastSucceeded([entry("1", "failed"), entry("2", "pending")])).toBeUndefined()
  })

  const again = (id: string) => ({ ...entry(id, "succeeded"), content: "the same" })

  test("by hand: the last release that differs from the current one, which was deployed twice", () => {
    expect(
      lastOther([entry("1", "succeeded"), entry("2", "succeeded"), entry("3", "failed"), again("4"), again("5")])?.id,
    ).toBe("2")
    expect(lastOther([again("1"), entry("2", "failed"), again("3")])).toBeUndefined()
  })

  test("it is kept, however often the current one was deployed since", () => {
    const entries = [entry("00", "succeeded"), ...Array.from({ length: 12 }, (_, index) => again(`${index + 10}`))]
    expect(expired(entries).map(({ id }) => id)).toEqual(["10", "11"])
  })

  test("it is kept, however many have failed since", () => {
    const entries = [
      entry("00", "succeeded"),
      ...Array.from({ length: 12 }, (_, index) => entry(`${index + 10}`, "failed")),
    ]
    expect(expired(entries).map(({ id }) => id)).toEqual(["10", "11"])
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
})
