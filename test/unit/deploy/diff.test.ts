import { describe, expect, test } from "vitest"

import { diff, diffRelease, formatChanges, parseObjects, validate } from "../../../.dagger/src/deploy/diff.ts"
import type { KubernetesObject, Release } from "../../../.dagger/src/manifests/render.ts"
import { crd } from "../manifests/crds.ts"
import { entry, fakeKubectl, object, presentLine, record } from "../release/records.ts"

const live = (kind: string, name: string, rest: object = {}, marks: object = {}) => ({
  apiVersion: "v1",
  kind,
  metadata: { name, uid: "1", resourceVersion: "7", ...marks },
  ...rest,
  status: { readyReplicas: 2 },
})
const printed = (...items: object[]) => JSON.stringify({ kind: "List", items })

test("objects that are new, changed field by field, or unchanged", () => {
  const before = parseObjects(
    printed(
      live(
        "Deployment",
        "web",
        { spec: { replicas: 2, containers: [{ name: "web", image: "web@sha256:1" }] } },
        { labels: { app: "web" } },
      ),
      live("Service", "web", { spec: { ports: [{ port: 80 }] } }),
      live("NetworkPolicy", "web", { spec: { ingress: [{ from: [] }] } }),
    ),
  )
  const planned = parseObjects(
    printed(
      live(
        "Deployment",
        "web",
        { spec: { containers: [{ name: "web", image: "<new>" }] } },
        { labels: { app: "web", tier: "front" } },
      ),
      { ...live("Service", "web", { spec: { ports: [{ port: 80 }] } }), status: {} },
      live("NetworkPolicy", "web", { spec: { ingress: [] } }),
      live("Ingress", "web"),
    ),
  )
  expect(formatChanges(diff(before, planned)).split("\n")).toEqual([
    "~ Deployment web",
    '    + metadata.labels.tier: "front"',
    '    ~ spec.containers[0].image: "web@sha256:1" → "<new>"',
    "    - spec.replicas: 2",
    "  Service web: unchanged",
    "~ NetworkPolicy web",
    "    + spec.ingress: []",
    "    - spec.ingress[0].from: []",
    "+ Ingress web",
  ])
})

test("what kubectl prints of a single object, and of none", () => {
  const [service] = parseObjects(JSON.stringify(live("Service", "web", { spec: { type: "ClusterIP" } })))
  expect(service).toEqual({
    name: "Service web",
    fields: new Map([
      ["spec.type", '"ClusterIP"'],
      ["metadata", "{}"],
    ]),
  })
  expect(parseObjects("")).toEqual([])
})

test("whose an object is and what others have set on it follow it", () => {
  const others = [
    { manager: "helm", overwritten: ["spec.replicas"], left: ["metadata.labels.chart", "spec.paused"] },
    { manager: "kubectl-edit", overwritten: [], left: ["spec.paused"] },
  ]
  const changes = [
    { kind: "unchanged" as const, name: "Deployment web" },
    { kind: "unknown" as const, why: "no" },
  ]
  const needs = new Map([["Deployment web", "belongs to the Helm release shop"]])
  expect(formatChanges(changes, new Map([["Deployment web", others]]), needs).split("\n")).toEqual([
    "  Deployment web: unchanged",
    "    belongs to the Helm release shop; deploy needs --take-over",
    "    overwrites what helm has set: spec.replicas",
    "    keeps what helm has set and the manifests do not have: metadata.labels.chart, spec.paused; deploy --take-over removes it",
    "    keeps what kubectl-edit has set and the manifests do not have: spec.paused; deploy --take-over removes it",
    "? no",
  ])
})

const manifest = (kind: string, name: string): KubernetesObject => ({ apiVersion: "v1", kind, metadata: { name } })
const service = printed(live("Service", "web"))
const plan = (...objects: KubernetesObject[]): Release => ({
  config: [],
  secrets: [],
  migrations: [],
  objects,
  workloads: [],
  secretName: "",
})

test("what would be deleted: what left the manifests, exists and belongs to this module", async () => {
  const [gone, cron, foreign] = [
    object("Deployment", "gone"),
    object("Deployment", "cron"),
    object("Deployment", "foreign"),
  ]
  const { kubectl } = fakeKubectl(
    {
      apply: () => ({ stdout: service }),
      get: names =>
        names.includes("Deployment cron")
          ? {
              stdout: [presentLine(cron, "shop"), presentLine(foreign)].join("\n"),
              exitCode: 1,
              stderr: "Error from server (Forbidden): no",
            }
          : { stdout: service },
    },
    [record(entry("1", "succeeded", [gone, cron, foreign]))],
  )
  expect(await diffRelease(kubectl, "shop", plan(manifest("Service", "web")), [])).toBe(
    "  Service web: unchanged\n- Deployment cron\n? Error from server (Forbidden): no",
  )
})

describe("fields that others have set are told from defaults by an object that has nobody else's", () => {
  const managed = (name: string, spec: object, ...managedFields: object[]) =>
    printed(live("Service", name, { spec }, { managedFields }))
  const helm = {
    manager: "helm",
    operation: "Update",
    apiVersion: "v1",
    fieldsV1: { "f:spec": { "f:type": {}, "f:sessionAffinity": {} } },
  }
  const spec = { type: "ClusterIP", sessionAffinity: "ClientIP" }
  const planned = (alone: Partial<{ exitCode: number; stdout: string }>) =>
    diffRelease(
      fakeKubectl({
        apply: names => (names.includes("Service cloud-native-plan") ? alone : { stdout: managed("web", spec) }),
        get: names => ({ stdout: names.length > 0 ? managed("web", spec, helm) : "" }),
      }).kubectl,
      "shop",
      plan(manifest("Service", "web")),
      [],
    )

  test("which the API server is asked for", async () => {
    const defaults = { type: "ClusterIP", sessionAffinity: "None" }
    expect(await planned({ stdout: managed("cloud-native-plan", defaults) })).toMatch(
      /not have: spec\.sessionAffinity;/,
    )
  })

  test("where it refuses that, all are named", async () => {
    expect(await planned({ exitCode: 1 })).toMatch(/not have: spec;/)
  })
})

test("CustomResourceDefinitions that the cluster lacks, and their objects, are new without being asked for", async () => {
  const { kubectl, calls } = fakeKubectl({
    "api-resources": () => ({ stdout: "gadgets example.com/v1 true Gadget\n" }),
    apply: () => ({ stdout: service }),
    get: names => (names.length === 0 ? {} : { stdout: service }),
  })
  const release = plan(manifest("Service", "web"), { ...manifest("Widget", "red"), apiVersion: "example.com/v1" })
  const crds = [crd("widgets.example.com"), crd("gadgets.example.com", { kind: "Gadget" })]
  expect(await diffRelease(kubectl, "shop", release, crds)).toBe(
    "+ CustomResourceDefinition widgets.example.com\n+ Widget red\n  Service web: unchanged",
  )
  expect(calls.filter(call => call.includes("Widget"))).toEqual([])
})

describe("the server's validation", () => {
  const policy = 'Error from server (Forbidden): admission webhook "images" denied the request: <new>'
  const serverWith = (stderr: string) =>
    fakeKubectl({
      apply: names => (names.includes("Deployment web") ? { exitCode: 1, stderr } : { stdout: service }),
    }).kubectl
  const objects = [manifest("Service", "web"), manifest("Deployment", "web")]

  test("a policy that refuses images that are not pushed yet leaves the rest to be compared", async () => {
    expect(await validate(serverWith(policy), objects)).toEqual({
      planned: [service],
      refused: [{ kind: "unknown", why: `Deployment web: not compared, a policy refuses it: ${policy}` }],
      inTheWay: [],
    })
  })

  test("what is refused beside fields of others is compared as it would be without them", async () => {
    const web = (name: string, spec: object, manager: string, operation: string) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name,
        managedFields: [{ manager, operation, apiVersion: "apps/v1", fieldsV1: { "f:spec": { "f:exec": {} } } }],
      },
      spec,
    })
    const { kubectl } = fakeKubectl({
      apply: names => {
        if (names.includes("Deployment cloud-native-plan"))
          return { stdout: JSON.stringify(web("cloud-native-plan", { exec: "b" }, "cloud-native", "Apply")) }
        return names.includes("Deployment web")
          ? { exitCode: 1, stderr: "more than 1 handler type" }
          : { stdout: service }
      },
      get: names => ({
        stdout: names.includes("Deployment web") ? JSON.stringify(web("web", { exec: "a" }, "helm", "Update")) : "",
      }),
      patch: () => ({ stdout: JSON.stringify(web("web", { exec: "b" }, "helm", "Update")) }),
    })
    expect(await diffRelease(kubectl, "shop", plan(...objects), [])).toMatch(
      /^~ Deployment web\n {4}~ spec\.exec: "a" → "b"\n {4}is refused beside fields that others have set; deploy needs --take-over$/m,
    )
  })

  test("any other refusal is an error", async () => {
    await expect(validate(serverWith("Error from server (Forbidden): no"), objects)).rejects.toThrow(
      "kubectl apply failed",
    )
  })
})
