import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.ts"
import { placeInSlots, type Slot } from "../../../.dagger/src/manifests/slots.ts"
import { chooseSlots, planSlots, usesSlots } from "../../../.dagger/src/release/slots.ts"
import { shop } from "../manifests/shop.ts"

const ROLLING = parseConfig("", "cloud-native.yaml")
const BLUE_GREEN = parseConfig("frontend: { strategy: blue-green }\n", "cloud-native.yaml")
const inSlot = (version: string, slot: Slot | undefined) => placeInSlots(shop(version), { frontend: slot })
const live = (slot?: Slot) => ({ frontend: { app: "frontend", ...(slot && { "cloud-native/slot": slot }) } })

describe("the slot of a release", () => {
  const changed = shop("b")
  test.each([
    ["a first deployment", BLUE_GREEN, changed, undefined, {}, "blue"],
    ["the first after rolling updates", BLUE_GREEN, changed, shop("a"), live(), "blue"],
    ["what somebody else has brought is taken over in its place", BLUE_GREEN, changed, undefined, live(), undefined],
    ["a change", BLUE_GREEN, changed, inSlot("a", "blue"), live("blue"), "green"],
    ["and the next", BLUE_GREEN, changed, inSlot("a", "green"), live("green"), "blue"],
    ["no change", BLUE_GREEN, shop("a"), inSlot("a", "green"), live("green"), "green"],
    ["back to what ran before", BLUE_GREEN, inSlot("a", "blue"), inSlot("b", "green"), live("green"), "blue"],
    [
      "back to an earlier one of the same slot",
      BLUE_GREEN,
      inSlot("a", "green"),
      inSlot("b", "green"),
      live("green"),
      "blue",
    ],
    ["back to one before slots", BLUE_GREEN, shop("a"), inSlot("b", "blue"), live("blue"), "green"],
    [
      "after a way back that was killed half-way: never where users are",
      BLUE_GREEN,
      shop("c"),
      inSlot("b", "green"),
      live("blue"),
      "green",
    ],
    [
      "the same, where the release is to run that was gone back from",
      BLUE_GREEN,
      shop("b"),
      inSlot("b", "green"),
      live("blue"),
      "green",
    ],
    ["a first deployment that failed is still there", BLUE_GREEN, changed, undefined, live("blue"), "green"],
    ["rolling", ROLLING, changed, shop("a"), live(), undefined],
    [
      "rolling again after blue-green: it is updated in place",
      ROLLING,
      changed,
      inSlot("a", "green"),
      live("green"),
      "green",
    ],
    ["rolling, for the first time", ROLLING, changed, undefined, {}, undefined],
  ] as const)("%s", (_, config, release, running, selectors, slot) => {
    expect(chooseSlots(config, release, running, selectors)).toEqual({ frontend: slot, backend: undefined })
  })

  test("an application without a Service in the manifests has none: no selector could lead its users there", () => {
    const release = {
      ...changed,
      objects: changed.objects.filter(({ kind, metadata: { name } }) => kind !== "Service" || name !== "backend"),
    }
    expect(Object.keys(chooseSlots(BLUE_GREEN, release, undefined, {}))).toEqual(["frontend"])
  })
})

describe("what moves, and what comes up before", () => {
  const names = (objects: { kind: string; metadata: { name: string } }[]) =>
    objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)

  test("nothing, of a first deployment, of one that changes nothing, and of rolling updates", () => {
    const nothing = { moves: [], beside: [] }
    expect(planSlots(inSlot("a", "blue"), undefined, {})).toEqual(nothing)
    expect(planSlots(inSlot("a", "blue"), inSlot("a", "blue"), live("blue"))).toEqual(nothing)
    expect(planSlots(shop("b"), shop("a"), live())).toEqual(nothing)
  })

  test("from one slot to the other: the Deployment alone", () => {
    const { moves, beside } = planSlots(inSlot("b", "green"), inSlot("a", "blue"), live("blue"))
    expect(moves).toEqual([
      { service: "frontend", from: "blue", to: "green", old: ["web-blue"], deployments: ["web-green"] },
    ])
    expect(names(beside)).toEqual(["Deployment web-green"])
  })

  test("from none into a slot, and back to none", () => {
    expect(planSlots(inSlot("b", "blue"), shop("a"), live()).moves).toEqual([
      { service: "frontend", from: undefined, to: "blue", old: ["web"], deployments: ["web-blue"] },
    ])
    expect(planSlots(shop("a"), shop("a"), live("blue")).moves).toEqual([
      { service: "frontend", from: "blue", to: undefined, old: ["web-blue"], deployments: ["web"] },
    ])
  })

  test("what the release that runs does not have comes up with it, and nothing that it has", () => {
    const cache = "apiVersion: v1\nkind: Service\nmetadata: { name: cache }\nspec: { ports: [{ port: 1 }] }"
    const release = placeInSlots(shop("b", cache), { frontend: "green" })
    expect(names(planSlots(release, inSlot("a", "blue"), live("blue")).beside)).toEqual([
      "Service cache",
      "Deployment web-green",
    ])
  })

  test("its Deployments come up though they were there, as after a way back that was killed half-way", () => {
    const endpoints = "apiVersion: v1\nkind: Endpoints\nmetadata: { name: web-green }"
    const { beside } = planSlots(
      placeInSlots(shop("c", endpoints), { frontend: "green" }),
      placeInSlots(shop("b", endpoints), { frontend: "green" }),
      live("blue"),
    )
    expect(names(beside)).toEqual(["Deployment web-green"])
  })

  test("where nothing is on record, all of it comes up but the Services that lead users there", () => {
    const endpoints = "apiVersion: v1\nkind: Endpoints\nmetadata: { name: frontend }"
    const release = placeInSlots(shop("b", endpoints), { frontend: "green", backend: "green" })
    const selectors = { ...live("blue"), backend: { app: "backend", "cloud-native/slot": "blue" } }
    const { moves, beside } = planSlots(release, undefined, selectors)
    expect(moves.map(({ service, deployments }) => [service, deployments])).toEqual([
      ["frontend", ["web-green"]],
      ["backend", ["backend-green"]],
    ])
    const switched = ["Service frontend", "Service backend"]
    expect(names(beside)).toEqual(names(release.objects).filter(name => !switched.includes(name)))
  })

  test("both applications that move come up, though both were there", () => {
    const both = (version: string) => placeInSlots(shop(version), { frontend: "green", backend: "green" })
    const selectors = { ...live("blue"), backend: { app: "backend", "cloud-native/slot": "blue" } }
    expect(names(planSlots(both("c"), both("b"), selectors).beside)).toEqual([
      "Deployment web-green",
      "Deployment backend-green",
    ])
  })

  test("a Service that the release leads to nothing moves nobody", () => {
    const selectors = { ...live("green"), gone: { app: "gone", "cloud-native/slot": "blue" } }
    expect(planSlots(inSlot("b", "green"), inSlot("a", "green"), selectors).moves).toEqual([])
  })
})

test("the cluster is asked about slots only where one may have a part in it", () => {
  expect(usesSlots(ROLLING, [shop("a")])).toBe(false)
  expect(usesSlots(BLUE_GREEN, [shop("a")])).toBe(true)
  expect(usesSlots(ROLLING, [shop("b"), inSlot("a", "blue")])).toBe(true)
  const withoutSpec = "apiVersion: v1\nkind: Endpoints\nmetadata: { name: web }"
  expect(usesSlots(ROLLING, [shop("a", withoutSpec)])).toBe(false)
})
