import { describe, expect, test } from "vitest"

import type { Release } from "../../../.dagger/src/manifests/render.ts"
import {
  CONTENT,
  deploymentsBehind,
  isOfApplication,
  namesIn,
  narrowed,
  placeInSlots,
  servicesOf,
  slotIn,
} from "../../../.dagger/src/manifests/slots.ts"
import { shop } from "./shop.ts"

const objectOf = (release: Release, kind: string, name: string) =>
  release.objects.find(object => object.kind === kind && object.metadata.name === name) as any
const selectorOf = (release: Release, service: string) => objectOf(release, "Service", service).spec.selector

describe("a release with an application in a slot", () => {
  const plain = shop("a")
  const blue = placeInSlots(plain, { frontend: "blue" })

  test("has its Deployment under a name, a selector and labels of its own", () => {
    const { metadata, spec } = objectOf(blue, "Deployment", "web-blue")
    expect(spec.selector).toEqual({ matchLabels: { app: "frontend", "cloud-native/slot": "blue" } })
    expect(spec.template.metadata.labels).toMatchObject({ app: "frontend", "cloud-native/slot": "blue" })
    expect(metadata.annotations[CONTENT]).toMatch(/^[0-9a-f]{64}$/)
    expect(objectOf(blue, "Deployment", "web")).toBeUndefined()
    expect(blue.workloads.map(({ name }) => name).sort()).toEqual(["backend", "web-blue"])
  })

  test.each([
    ["its Service", "frontend", { app: "frontend", "cloud-native/slot": "blue" }],
    ["another Service of its pods", "internal", { app: "frontend", "cloud-native/slot": "blue" }],
    ["not a headless one, whose pods know each other", "peers", { app: "frontend" }],
    ["not one of other applications too", "everything", { tier: "public" }],
    ["not another application's", "backend", { app: "backend" }],
  ])("takes along: %s", (_, service, selector) => {
    expect(selectorOf(blue, service)).toEqual(selector)
  })

  test("takes along its budget, and not one of several applications", () => {
    const labels = (name: string) => objectOf(blue, "PodDisruptionBudget", name).spec.selector.matchLabels
    expect(labels("web")).toEqual({ app: "frontend", "cloud-native/slot": "blue" })
    expect(labels("everything")).toEqual({ tier: "public" })
  })

  test("takes along its autoscalers, of Kubernetes and of KEDA, and not those of other kinds", () => {
    const target = (kind: string, name: string) => objectOf(blue, kind, name).spec.scaleTargetRef.name
    expect(target("HorizontalPodAutoscaler", "web")).toBe("web-blue")
    expect(target("ScaledObject", "web")).toBe("web-blue")
    expect(target("HorizontalPodAutoscaler", "backend")).toBe("web")
  })

  test("is moved to the other slot, and out of slots, as if it had never been in the first", () => {
    const green = placeInSlots(plain, { frontend: "green" })
    expect(placeInSlots(blue, { frontend: "green" })).toEqual(green)
    const back = placeInSlots(blue, { frontend: undefined })
    expect(selectorOf(back, "frontend")).toEqual({ app: "frontend" })
    expect(objectOf(back, "Deployment", "web").spec).toEqual(objectOf(plain, "Deployment", "web").spec)
    expect(placeInSlots(back, { frontend: "blue" })).toEqual(blue)
  })

  test("is left as it is where it is in its slot, or in none, and its input always", () => {
    expect(placeInSlots(plain, { frontend: undefined, backend: undefined })).toEqual(plain)
    expect(placeInSlots(blue, { frontend: "blue" })).toEqual(blue)
    expect(plain).toEqual(shop("a"))
  })

  test("says by its digest whether another one is the same", () => {
    const digest = (release: Release) => objectOf(release, "Deployment", "web-blue").metadata.annotations[CONTENT]
    expect(digest(placeInSlots(shop("a"), { frontend: "blue" }))).toBe(digest(blue))
    expect(digest(placeInSlots(shop("b"), { frontend: "blue" }))).not.toBe(digest(blue))
  })
})

test("what a Deployment is called in each slot", () => {
  const release = placeInSlots(shop("a"), { frontend: "green" })
  const deployments = deploymentsBehind(release.objects, "frontend")
  expect(namesIn("blue", deployments)).toEqual(["web-blue"])
  expect(namesIn("green", deployments)).toEqual(["web-green"])
  expect(namesIn(undefined, deployments)).toEqual(["web"])
  expect(["web", "web-blue", "web-green", "web-red"].map(name => isOfApplication(name, "web"))).toEqual([
    true,
    true,
    true,
    false,
  ])
})

test("a label of somebody else's is no slot", () => {
  expect(slotIn({ "cloud-native/slot": "blue" })).toBe("blue")
  expect(slotIn({ "cloud-native/slot": "red" })).toBeUndefined()
  expect(slotIn(undefined)).toBeUndefined()
})

test("a release in no slot keeps its Services to its own pods by their ReplicaSet", () => {
  const release = narrowed(shop("a"), "frontend", "5d9c")
  expect(servicesOf(release.objects, "frontend").map(({ metadata }) => metadata.name)).toEqual(["frontend", "internal"])
  expect(selectorOf(release, "frontend")).toEqual({ app: "frontend", "pod-template-hash": "5d9c" })
  expect(selectorOf(release, "peers")).toEqual({ app: "frontend" })
  expect(selectorOf(shop("a"), "frontend")).toEqual({ app: "frontend" })
})
