import { describe, expect, test } from "vitest"

import { isStale } from "../../../.dagger/src/kubernetes/lease.ts"
import { formatIdentity } from "../../../.dagger/src/kubernetes/object-ref.ts"
import {
  beganBefore,
  lastOther,
  lastSucceeded,
  newId,
  outdated,
  parseEntry,
} from "../../../.dagger/src/release/history.ts"
import { entry, object } from "./records.ts"

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
    expect(parseEntry(`${line} ${text}`)).toEqual({
      ...entry("20261124-095959-abcd", "succeeded", [web, settings], found),
      content: "content",
    })
  })
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
    expect(outdated(entries).map(({ id }) => id)).toEqual(["10", "11"])
  })

  test("it is kept, however many have failed since", () => {
    const entries = [
      entry("00", "succeeded"),
      ...Array.from({ length: 12 }, (_, index) => entry(`${index + 10}`, "failed")),
    ]
    expect(outdated(entries).map(({ id }) => id)).toEqual(["10", "11"])
  })
})

describe("a Lease is stale", () => {
  const now = Date.parse("2026-11-24T10:01:00Z")
  const lease = (holderIdentity: string, renewTime: string) => ({
    spec: { holderIdentity, renewTime, acquireTime: renewTime, leaseDurationSeconds: 60 },
  })

  test.for([
    ["held, renewed a moment ago", lease("me", "2026-11-24T10:00:50.000000Z"), 20, false],
    ["held, renewed just in time", lease("me", "2026-11-24T10:00:00.000000Z"), 20, false],
    [
      "held, not renewed for longer than it lasts, and not while it was watched",
      lease("me", "2026-11-24T09:59:59.000000Z"),
      20,
      true,
    ],
    [
      "held, renewed by a clock that is an hour behind: a sign of life may be about to come",
      lease("me", "2026-11-24T09:00:00.000000Z"),
      9,
      false,
    ],
    [
      "held, renewed by a clock that is an hour ahead, and not renewed for as long as it lasts",
      lease("me", "2026-11-24T11:00:00.000000Z"),
      61,
      true,
    ],
    ["held by nobody", lease("", "2026-11-24T10:00:50.000000Z"), 0, true],
    ["never renewed", lease("me", ""), 0, true],
  ] as const)("%s", ([, held, watched, stale]) => {
    expect(isStale(held, now, watched * 1000)).toBe(stale)
  })
})
