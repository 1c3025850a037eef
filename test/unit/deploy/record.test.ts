import { describe, expect, test } from "vitest"

import { isStale } from "../../../.dagger/src/deploy/lock.ts"
import { toPrune } from "../../../.dagger/src/deploy/prune.ts"
import { beganBefore, formatIdentity, lastSucceeded, newId, outdated, parseEntry, type Entry, type Identity } from "../../../.dagger/src/deploy/record.ts"

const object = (kind: string, name: string): Identity => ({ apiVersion: kind === "Deployment" ? "apps/v1" : "v1", kind, name })
const entry = (id: string, outcome: Entry["outcome"], ...inventory: Identity[]): Entry => ({ id, outcome, inventory })

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

test("a record's line is read as what was written", () => {
  const inventory = [object("Deployment", "web"), object("ConfigMap", "web-config-1234567890")]
  const line = `cloud-native-release-20261124-095959-abcd succeeded ${inventory.map(formatIdentity).join(",")}`
  expect(parseEntry(line)).toEqual(entry("20261124-095959-abcd", "succeeded", ...inventory))
})

describe("what a failure goes back to", () => {
  test("the last release that succeeded", () => {
    const entries = [entry("1", "succeeded"), entry("2", "succeeded"), entry("3", "failed"), entry("4", "pending")]
    expect(lastSucceeded(entries)?.id).toBe("2")
  })

  test("nothing where none has", () => {
    expect(lastSucceeded([entry("1", "failed"), entry("2", "pending")])).toBeUndefined()
  })

  test("however many have failed since, it is kept", () => {
    const entries = [entry("00", "succeeded"), ...Array.from({ length: 12 }, (_, index) => entry(`${index + 10}`, "failed"))]
    expect(outdated(entries).map(({ id }) => id)).toEqual(["10", "11"])
  })
})

describe("pruning", () => {
  const web = object("Deployment", "web")
  const cron = object("Deployment", "cron")
  const oldConfig = object("ConfigMap", "web-config-old")
  const oldSecret = object("Secret", "app-secrets-old")
  const data = object("PersistentVolumeClaim", "data")

  test("what left the manifests goes", () => {
    const before = [entry("1", "succeeded", web, cron)]
    expect(toPrune([web], before, before)).toEqual([cron])
  })

  test("what a release that is kept is configured with stays, and goes with the last that is", () => {
    const before = [entry("1", "succeeded", web, oldConfig, oldSecret)]
    expect(toPrune([web], before, before)).toEqual([])
    expect(toPrune([web], before, [])).toEqual([oldConfig, oldSecret])
  })

  test("data is never deleted", () => {
    expect(toPrune([web], [entry("1", "succeeded", web, data)], [])).toEqual([])
  })

  test("what is in no record is none of this module's", () => {
    expect(toPrune([web], [], [])).toEqual([])
  })
})

describe("a Lease is stale", () => {
  const now = Date.parse("2026-11-24T10:01:00Z")
  const lease = (holderIdentity: string, renewTime: string) =>
    ({ spec: { holderIdentity, renewTime, acquireTime: renewTime, leaseDurationSeconds: 60 } })

  test.for([
    ["held, renewed a moment ago", lease("me", "2026-11-24T10:00:50.000000Z"), 20, false],
    ["held, renewed just in time", lease("me", "2026-11-24T10:00:00.000000Z"), 20, false],
    ["held, not renewed for longer than it lasts, and not while it was watched", lease("me", "2026-11-24T09:59:59.000000Z"), 20, true],
    ["held, renewed by a clock that is an hour behind: a sign of life may be about to come", lease("me", "2026-11-24T09:00:00.000000Z"), 9, false],
    ["held, renewed by a clock that is an hour ahead, and not renewed for as long as it lasts", lease("me", "2026-11-24T11:00:00.000000Z"), 61, true],
    ["held by nobody", lease("", "2026-11-24T10:00:50.000000Z"), 0, true],
    ["never renewed", lease("me", ""), 0, true],
  ] as const)("%s", ([, held, watched, stale]) => {
    expect(isStale(held, now, watched * 1000)).toBe(stale)
  })
})
