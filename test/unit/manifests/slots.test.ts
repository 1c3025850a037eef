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

/** A Deployment whose pods the Service frontend selects. */
const beside = (fields: string, labels = "") => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: extra, annotations: { owner: web-team } }
spec:
  ${fields}
  template:
    metadata: { labels: { app: frontend${labels} }, annotations: { scrape: "true" } }
    spec: { containers: [{ name: main, image: frontend }] }`

describe("an application's slot changes what is for its pods, and nothing else", () => {
  const BLUE = { "cloud-native/slot": "blue" }
  const STATEFUL = `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: web }
spec: { template: { metadata: { labels: { app: cache } }, spec: { containers: [{ name: main, image: ${"redis@sha256:".padEnd(77, "0")} }] } } }`
  const budget = (name: string, spec: string) =>
    `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: ${name} }\nspec: ${spec}`
  const service = (name: string, spec: string) =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: ${spec}`
  const custom = (spec: string) => `apiVersion: example.com/v1\nkind: Backup\nmetadata: { name: nightly }\n${spec}`

  test.each<[what: string, kind: string, name: string, text: string]>([
    ["a StatefulSet of the Deployment's name", "StatefulSet", "web", STATEFUL],
    ["a budget that names no pods", "PodDisruptionBudget", "none", budget("none", "{ maxUnavailable: 1 }")],
    ["a Service that names no pods", "Service", "elsewhere", service("elsewhere", "{ ports: [{ port: 80 }] }")],
    [
      "a Service of pods that are deployed from elsewhere",
      "Service",
      "elsewhere",
      service("elsewhere", "{ selector: { app: other }, ports: [{ port: 80 }] }"),
    ],
    [
      "an autoscaler of another Deployment",
      "HorizontalPodAutoscaler",
      "api",
      "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: api }\nspec: { scaleTargetRef: { kind: Deployment, name: backend } }",
    ],
    [
      "a Deployment of another API, which selects nothing",
      "Deployment",
      "cluster",
      "apiVersion: example.com/v1\nkind: Deployment\nmetadata: { name: cluster }\nspec: { size: 3 }",
    ],
    ["an object without a spec", "Backup", "nightly", custom("target: web")],
    ["a field called as an autoscaler's, with a text", "Backup", "nightly", custom("spec: { targetRef: web }")],
    ["a field called as an autoscaler's, without a name", "Backup", "nightly", custom("spec: { scaleTargetRef: {} }")],
  ])("leaves alone: %s", (_, kind, name, text) => {
    const plain = shop("a", text)
    const blue = placeInSlots(plain, { frontend: "blue" })
    expect(objectOf(blue, kind, name)).toEqual(objectOf(plain, kind, name))
    const watched = (release: Release) =>
      release.workloads.filter(workload => workload.kind === kind && workload.name === name)
    expect(watched(blue)).toEqual(watched(plain))
    expect(objectOf(blue, "Deployment", "web-blue")).toBeDefined()
  })

  test.each([
    ["runs at times", "CronJob", "jobTemplate: { spec: { template: TEMPLATE } }"],
    ["is rolled out by nobody", "Pod", "containers: [{ name: main, image: IMAGE }]"],
  ])("a Service goes along, though it selects the pod of what %s too", (_, kind, spec) => {
    const image = "redis@sha256:".padEnd(77, "0")
    const template = `{ metadata: { labels: { app: frontend } }, spec: { containers: [{ name: main, image: ${image} }] } }`
    const text = `apiVersion: ${kind === "Pod" ? "v1" : "batch/v1"}\nkind: ${kind}\nmetadata: { name: report, labels: { app: frontend } }\nspec: { ${spec.replace("TEMPLATE", template).replace("IMAGE", image)} }`
    expect(selectorOf(placeInSlots(shop("a", text), { frontend: "blue" }), "frontend")).toMatchObject(BLUE)
  })

  test("a vertical autoscaler goes along", () => {
    const text =
      "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: { name: web }\nspec: { targetRef: { kind: Deployment, name: web } }"
    const blue = placeInSlots(shop("a", text), { frontend: "blue" })
    expect(objectOf(blue, "VerticalPodAutoscaler", "web").spec.targetRef.name).toBe("web-blue")
  })

  test("annotations, expressions of selectors, and settings stay", () => {
    const expressions = "matchExpressions: [{ key: tier, operator: Exists }]"
    const selecting = `selector: { matchLabels: { app: frontend }, ${expressions} }`
    const blue = placeInSlots(shop("a", beside(selecting), budget("extra", `{ minAvailable: 1, ${selecting} }`)), {
      frontend: "blue",
    })
    const selector = {
      matchLabels: { app: "frontend", ...BLUE },
      matchExpressions: [{ key: "tier", operator: "Exists" }],
    }
    const { metadata, spec } = objectOf(blue, "Deployment", "extra-blue")
    expect(metadata.annotations).toEqual({ owner: "web-team", [CONTENT]: expect.any(String) })
    expect(spec.selector).toEqual(selector)
    expect(spec.template.metadata.annotations).toEqual({ scrape: "true" })
    expect(objectOf(blue, "PodDisruptionBudget", "extra").spec).toEqual({ minAvailable: 1, selector })
    expect(objectOf(placeInSlots(blue, { frontend: undefined }), "Deployment", "extra").metadata.annotations).toEqual({
      owner: "web-team",
    })
  })

  test("a Deployment without a selector is the API server's to refuse", () => {
    const plain = shop("a", beside("replicas: 1"))
    const blue = placeInSlots(plain, { frontend: "blue" })
    expect(objectOf(blue, "Deployment", "extra-blue").spec.selector).toEqual({ matchLabels: BLUE })
    expect(placeInSlots(plain, { frontend: undefined })).toEqual(plain)
  })

  test("pods without labels are behind no Service", () => {
    const { objects } = shop("a")
    const pods = { spec: { containers: [{ name: "main", image: "frontend" }] } }
    const bare = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "bare" }, spec: { template: pods } }
    expect(deploymentsBehind([...objects, bare], "frontend").map(({ metadata }) => metadata.name)).toEqual(["web"])
  })

  test("one of two Deployments that is in the slot already stays, and the other one comes", () => {
    const there = beside(
      "selector: { matchLabels: { app: frontend, cloud-native/slot: blue } }",
      ", cloud-native/slot: blue",
    )
    const blue = placeInSlots(shop("a", there.replace("name: extra", "name: extra-blue")), { frontend: "blue" })
    expect(blue.workloads.map(({ name }) => name).sort()).toEqual(["backend", "extra-blue", "web-blue"])
    expect(selectorOf(blue, "frontend")).toMatchObject(BLUE)
  })

  test("an application without a Service has nothing that could be switched", () => {
    expect(placeInSlots(shop("a"), { worker: "blue" })).toEqual(shop("a"))
    expect(servicesOf(shop("a").objects, "worker")).toEqual([])
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
  expect(selectorOf(release, "backend")).toEqual({ app: "backend" })
})

describe("a release whose Services are kept to a ReplicaSet", () => {
  const plain = shop("a")
  const release = narrowed(plain, "frontend", "5d9c")

  test("is a copy", () => {
    expect(plain).toEqual(shop("a"))
    expect({ ...release, objects: [] }).toEqual({ ...plain, objects: [] })
  })

  test("still has its Deployment behind them, and goes to a slot as any other", () => {
    expect(deploymentsBehind(release.objects, "frontend").map(({ metadata }) => metadata.name)).toEqual(["web"])
    expect(placeInSlots(release, { frontend: "blue" })).toEqual(placeInSlots(plain, { frontend: "blue" }))
  })
})

test("an application's own Service is among those that go with its slot, headless or not", () => {
  const names = (service: string) => servicesOf(shop("a").objects, service).map(({ metadata }) => metadata.name)
  expect(names("peers")).toEqual(["frontend", "internal", "peers"])
  expect(names("internal")).toEqual(["frontend", "internal"])
})
