import { existsSync, readdirSync, readFileSync } from "node:fs"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { type Manifest, parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { type KubernetesObject, type ReleaseInputs, render } from "../../../.dagger/src/manifests/render.ts"
import { markOf } from "../../../.dagger/src/manifests/secret-values.ts"
import { CloudNativeError } from "../../../.dagger/src/util/errors.ts"
import { caseFolder, ownManifests } from "./files.ts"
import { workload } from "./rules/problems.ts"

const BACKEND = `registry.example.com/shop-backend@sha256:${"b".repeat(64)}`
const FRONTEND = `registry.example.com/shop-frontend@sha256:${"f".repeat(64)}`

const INPUTS: ReleaseInputs = {
  name: "shop",
  namespace: "shop",
  images: { backend: BACKEND, frontend: FRONTEND },
  publicUrl: "https://shop.example.com",
  secretName: "app-secrets",
}

describe("render: a folder per case, in cases/render", () => {
  const read = (name: string, file: string) => readFileSync(caseFolder("render", name, file), "utf8")
  const has = (name: string, file: string) => existsSync(caseFolder("render", name, file))
  const given = (name: string) => {
    const manifests = parseManifests([{ name: "manifests.yaml", text: read(name, "manifests.yaml") }])
    const changed = has(name, "inputs.yaml") ? (parse(read(name, "inputs.yaml")) as Partial<ReleaseInputs>) : {}
    return { manifests, inputs: { ...INPUTS, ...changed } }
  }
  const names = readdirSync(caseFolder("render"))
  const isRefused = (name: string) => has(name, "expected.txt")

  test.each(names.filter(name => !isRefused(name)))("%s: is rendered", name => {
    const { manifests, inputs } = given(name)
    expect(plain(render(manifests, inputs))).toEqual(parse(read(name, "expected.yaml")))
  })
  test.each(names.filter(isRefused))("%s: is refused", name => {
    const { manifests, inputs } = given(name)
    expect(refusal(manifests, inputs)).toBe(read(name, "expected.txt").trimEnd())
  })
})

describe("a rendered release", () => {
  const secrets = { BACKEND_DATABASE_URL: "a", FRONTEND_DATABASE_URL: "b", BETTER_AUTH_SECRET: "c" }

  test("of this repository has its phases and workloads", () => {
    const release = render(ownManifests(), { ...INPUTS, secrets })
    const names = (objects: { kind: string; metadata: { name: string } }[]) =>
      objects.map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/-[0-9a-f]{10}$/, "-#")}`)
    expect(names(release.config)).toEqual([
      "ServiceAccount backend",
      "ServiceAccount frontend",
      "ConfigMap backend-config-#",
      "ConfigMap frontend-config-#",
    ])
    expect(names(release.secrets)).toEqual(["Secret app-secrets-#"])
    expect(names(release.migrations)).toEqual(["Job backend-migration-#", "Job frontend-migration-#"])
    expect(names(release.objects)).toEqual([
      "NetworkPolicy backend",
      "NetworkPolicy frontend",
      "NetworkPolicy migration",
      "PodDisruptionBudget backend",
      "PodDisruptionBudget frontend",
      "Service backend",
      "Service frontend",
      "Service frontend-peers",
      "Deployment backend",
      "Deployment frontend",
      "HorizontalPodAutoscaler backend",
      "HorizontalPodAutoscaler frontend",
    ])
    expect(release.workloads).toEqual([
      { kind: "Deployment", name: "backend", namespace: "shop", app: "backend" },
      { kind: "Deployment", name: "frontend", namespace: "shop", app: "frontend" },
    ])
  })

  test.each([
    ["the workloads", "false", [], ["Component store", "Deployment web"]],
    ["the migrations with its sidecar", "true", ["Component store"], ["Deployment web"]],
  ])("has what Dapr reads before %s", (_, enabled, config, objects) => {
    const pods = (kind: string, version: string, annotations: object) => ({
      apiVersion: version,
      kind,
      metadata: { name: "web" },
      spec: { template: { metadata: { annotations }, spec: { containers: [{ name: "web", image: "backend" }] } } },
    })
    const component = { apiVersion: "dapr.io/v1alpha1", kind: "Component", metadata: { name: "store" }, spec: {} }
    const dapr = { "dapr.io/enabled": "true" }
    const migration = pods("Job", "batch/v1", { "dapr.io/enabled": enabled })
    const beside = pods("Deployment", "apps/v1", dapr)
    beside.spec.template.spec.containers.push({ name: "other", image: "frontend" })
    const text = [beside, component, migration].map(object => JSON.stringify(object)).join("\n---\n")
    const release = render(parseManifests([{ name: "app.yaml", text }]), INPUTS)
    const names = (list: KubernetesObject[]) => list.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    expect(names(release.config)).toEqual(config)
    expect(names(release.objects)).toEqual(objects)
  })

  test("is the same for the same inputs, and leaves the manifests as they were", () => {
    const manifests = ownManifests()
    const first = render(manifests, { ...INPUTS, secrets })
    expect(manifests.map(({ object }) => object)).toEqual(ownManifests().map(({ object }) => object))
    expect(render(manifests, { ...INPUTS, secrets })).toEqual(first)
  })

  const jobs = (inputs: ReleaseInputs) => render(ownManifests(), inputs).migrations.map(({ metadata }) => metadata.name)
  const [backendJob, frontendJob] = jobs({ ...INPUTS, secrets })

  test("has new migrations for a new image only", () => {
    const other = jobs({ ...INPUTS, secrets, images: { backend: BACKEND.replace(/b/g, "c"), frontend: FRONTEND } })
    expect(other[0]).not.toBe(backendJob)
    expect(other[1]).toBe(frontendJob)
  })

  test("rolls its pods for another restartedAt, and runs no migration for it", () => {
    const inputs = { ...INPUTS, secrets, restartedAt: "now" }
    expect(jobs(inputs)).toEqual([backendJob, frontendJob])
    expect(render(ownManifests(), inputs).objects).not.toEqual(render(ownManifests(), { ...INPUTS, secrets }).objects)
  })

  test("names the Secret anew when a value changes, and nowhere holds a value but in it", () => {
    const value = "correct horse battery staple"
    const { secrets: rendered, ...rest } = render(ownManifests(), {
      ...INPUTS,
      secrets: { ...secrets, BETTER_AUTH_SECRET: value },
    })
    expect(rendered[0]!.metadata.name).not.toBe(
      render(ownManifests(), { ...INPUTS, secrets }).secrets[0]!.metadata.name,
    )
    for (const text of [value, Buffer.from(value).toString("base64")]) {
      expect(JSON.stringify(rendered).includes(text)).toBe(text !== value)
      expect(JSON.stringify(rest)).not.toContain(text)
    }
  })

  test("refuses secrets that no manifest refers to", () => {
    const manifests = ownManifests()
    expect(refusal(manifests, { ...INPUTS, secrets, secretName: "other" })).toBe(
      "secrets were given, but no manifest refers to the Secret other\n    refer to its keys by secretKeyRef with name: other, or give no secrets",
    )
  })

  test("refuses secrets that are larger than a Secret may be", () => {
    expect(refusal(ownManifests(), { ...INPUTS, secrets: { ...secrets, A: "x".repeat(2 ** 20) } })).toContain(
      "the secrets that were given have 10486",
    )
  })
})

describe("what a release is made of", () => {
  const APPS = [workload(), workload({ name: "frontend", image: "frontend" })]
  const release = (texts: string[], inputs: Partial<ReleaseInputs> = {}) =>
    render(parseManifests([{ name: "app.yaml", text: [...APPS, ...texts].join("\n---\n") }]), { ...INPUTS, ...inputs })
  const namesOf = (objects: { metadata: { name: string } }[]) =>
    objects.map(({ metadata: { name } }) => name.replace(/-[0-9a-f]{10}$/, ""))
  const needs = (reference: string) =>
    workload({ name: "needs", image: "backend", container: `envFrom: [${reference}]` })
  const chartSecret = `apiVersion: v1\nkind: Secret\nmetadata: { name: chart }\nstringData: { A: ${markOf("A")} }`
  const custom = (name: string) => `apiVersion: example.com/v1\nkind: Cluster\nmetadata: { name: ${name} }\nspec: {}`

  test.each<[string, string[], Partial<ReleaseInputs>, string[]]>([
    ["not where a chart's Secret takes the values", [chartSecret], {}, ["chart"]],
    ["where the monitor reads it too", [chartSecret], { isMonitored: true }, ["chart", "app-secrets"]],
    [
      "where a pod needs it too",
      [chartSecret, needs("{ secretRef: { name: app-secrets } }")],
      {},
      ["chart", "app-secrets"],
    ],
    [
      "not where a pod needs a ConfigMap of its name",
      [chartSecret, needs("{ configMapRef: { name: app-secrets } }")],
      {},
      ["chart"],
    ],
  ])("the applications' Secret: %s", (_, texts, inputs, secrets) => {
    expect(namesOf(release(texts, { secrets: { A: "a" }, ...inputs }).secrets)).toEqual(secrets)
  })

  test("refuses secrets where only a ConfigMap of that name is needed", () => {
    const manifests = parseManifests([
      { name: "app.yaml", text: [...APPS, needs("{ configMapRef: { name: app-secrets } }")].join("\n---\n") },
    ])
    expect(refusal(manifests, { ...INPUTS, secrets: { A: "a" } })).toContain("no manifest refers to the Secret")
  })

  test("what an operator makes a Secret of that pods need comes before them, all else of custom kinds with them", () => {
    const { config, objects } = release([
      needs("{ secretRef: { name: db-app } }, { configMapRef: { name: cache-settings } }"),
      custom("db"),
      custom("cache"),
      custom("app-secrets"),
    ])
    expect(namesOf(config)).toEqual(["db", "app-secrets"])
    expect(namesOf(objects)).toEqual(["cache", "backend", "frontend", "needs"])
  })

  test("waves come before kinds in the order of applying", () => {
    const map = (name: string, wave: number) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, annotations: { argocd.argoproj.io/sync-wave: "${wave}" } }`
    const account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: account }"
    const { config } = release([map("last", 2), map("second", 1), account, map("first", -1)])
    expect(namesOf(config)).toEqual(["first", "account", "second", "last"])
  })
})

/** As it would be sent: no undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function refusal(manifests: Manifest[], inputs: ReleaseInputs): string {
  try {
    render(manifests, inputs)
  } catch (error) {
    if (error instanceof CloudNativeError) return error.why ?? ""
    throw error
  }
  throw new Error("nothing was refused")
}
