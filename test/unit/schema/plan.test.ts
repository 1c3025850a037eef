import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { podsOf } from "../../../.dagger/src/manifests/pods.ts"
import { planTrial } from "../../../.dagger/src/schema/plan.ts"
import { ownFile, ownManifests } from "../manifests/files.ts"
import { FIRST, releaseOf, SAMPLE, sampleTrial, SECOND, trialOf } from "./releases.ts"

const WITHOUT_JOBS = ownManifests().filter(({ object }) => object.kind !== "Job")
const WITHOUT_SERVICES = parseConfig("name: tasks", "cloud-native.yaml")

describe("nothing is tried", () => {
  test.each([
    ["where a release has no migrations", FIRST, releaseOf("2", WITHOUT_JOBS), SAMPLE, { kind: "none" }],
    ["where its migrations are those that have run", FIRST, FIRST, SAMPLE, { kind: "same" }],
    [
      "where nothing runs that is on record",
      undefined,
      FIRST,
      SAMPLE,
      { kind: "not-checked", finding: { kind: "no-previous-release" } },
    ],
    [
      "without a database for containers",
      FIRST,
      SECOND,
      WITHOUT_SERVICES,
      { kind: "not-checked", finding: { kind: "no-services" } },
    ],
    [
      "where the record does not say what the running release answers",
      { ...FIRST, expectations: undefined },
      SECOND,
      SAMPLE,
      { kind: "not-checked", finding: { kind: "no-expectations" } },
    ],
    [
      "where nothing is asked of the running release",
      { ...FIRST, expectations: { requests: [], signIn: [], secrets: [], handshake: [] } },
      SECOND,
      SAMPLE,
      { kind: "not-checked", finding: { kind: "nothing-asked" } },
    ],
  ])("%s", (_, running, coming, config, plan) => {
    expect(planTrial(running, coming, config)).toEqual(plan)
  })
})

describe("a trial takes place", () => {
  const { migrations } = SECOND.release
  const request = { ...FIRST.expectations.requests[0]!, signedIn: false }
  const step = FIRST.expectations.handshake[0]!
  const asked = { requests: [], signIn: [], secrets: [], handshake: [] }

  test.each([
    [
      "where one migration of several is new",
      FIRST,
      { ...SECOND, release: { ...SECOND.release, migrations: [FIRST.release.migrations[0]!, migrations[1]!] } },
    ],
    ["where the handshake alone is asked for", { ...FIRST, expectations: { ...asked, handshake: [step] } }, SECOND],
    ["where the monitor alone asks", { ...FIRST, expectations: { ...asked, requests: [request] } }, SECOND],
    [
      "where both ask as much",
      { ...FIRST, expectations: { ...asked, requests: [request], handshake: [step] } },
      SECOND,
    ],
  ])("%s", (_, running, coming) => {
    expect(planTrial(running, coming, SAMPLE).kind).toBe("trial")
  })
})

describe("what is tried", () => {
  test("is each release by its own digests, its migrations in the order in which they run", () => {
    const { running, coming, services } = sampleTrial()
    expect(services).toEqual(["postgres"])
    expect(running.migrations.map(({ image }) => image)).toEqual(Object.values(FIRST.images))
    expect(coming.migrations.map(({ job }) => job.replace(/-[0-9a-f]{10}$/, ""))).toEqual([
      "backend-migration",
      "frontend-migration",
    ])
    expect(coming.migrations[0]!.pod).toMatchObject({
      command: ["python", "-m", "app.migrate"],
      user: "10001:10001",
      writable: ["/tmp"],
      unknown: [],
    })
  })

  test("has the applications with the settings of the release, by the ConfigMaps that it was rendered with", () => {
    expect(sampleTrial().coming.applications).toMatchObject({
      backend: { port: 8000, health: "/health", pod: { env: { JWT_ISSUER: "https://tasks.example.com" } } },
      frontend: { port: 3000, health: "/api/health", pod: { env: { BACKEND_URL: "http://backend:8000" } } },
    })
  })

  // Whatever leads to the user's database would have the migrations run there.
  test("has the secrets of an ephemeral cluster, and none of the user's", () => {
    const { backend } = sampleTrial().coming.applications
    expect(backend!.pod.env!.DATABASE_URL).toBe("postgresql://app@postgres:5432/app")
    expect(JSON.stringify(sampleTrial())).not.toMatch(/production|secret@/)
  })

  test("names the applications as the Services of the manifests do", () => {
    const { services } = sampleTrial().coming
    expect(services).toContainEqual({
      names: ["backend", "backend.tasks", "backend.tasks.svc", "backend.tasks.svc.cluster.local"],
      application: "backend",
      ports: { 8000: 8000 },
    })
    expect(services.map(({ names, application }) => [names[0], application])).toContainEqual([
      "frontend-peers",
      "frontend",
    ])
  })

  test("has no application that the release has no image of, or no pods", () => {
    const { backend, frontend } = SECOND.images
    const images = (images: Record<string, string>) => Object.keys(trialOf({ ...SECOND, images }).coming.applications)
    expect(images({ backend: backend! })).toEqual(["backend"])
    expect(images({ backend: backend!, frontend: frontend!.replace("@", "-other@") })).toEqual(["backend"])
  })
})

test("a Service's port leads to the container's by number or by name; a headless one translates none", () => {
  const services = {
    named: "ports: [{ port: 80, targetPort: http }]",
    numbered: "ports: [{ port: 80, targetPort: 9000 }]",
    headless: "clusterIP: None, ports: [{ port: 80, targetPort: http }]",
    nobody: "ports: [{ port: 80, targetPort: nobody }]",
  }
  const texts = Object.entries(services).map(
    ([name, rest]) =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { selector: { app.kubernetes.io/name: backend }, ${rest} }\n`,
  )
  const more = parseManifests([{ name: "more.yaml", text: texts.join("---\n") }])
  const { coming } = trialOf(releaseOf("2", [...ownManifests(), ...more]))
  const ported = Object.fromEntries(coming.services.map(({ names, ports }) => [names[0], ports]))
  expect(ported).toMatchObject({ named: { 80: 8000 }, numbered: { 80: 9000 }, headless: { 8000: 8000 }, nobody: {} })
  expect(ported.nobody).toStrictEqual({})
})

test("a Service without ports leads nowhere; a port's name leads to nothing in a pod that names none", () => {
  const service = (name: string, rest: string) =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { selector: { app.kubernetes.io/name: backend }, ${rest} }\n`
  // Istio's has a selector like a Service's, and leads from outside.
  const gateway =
    "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: { name: gateway }\nspec: { selector: { app.kubernetes.io/name: backend } }\n"
  const texts = [
    service("portless", "clusterIP: None"),
    service("named", "ports: [{ port: 80, targetPort: http }]"),
    gateway,
  ]
  const more = parseManifests([{ name: "more.yaml", text: texts.join("---\n") }])
  const manifests = [...ownManifests(), ...more].map(each => ({ ...each, object: structuredClone(each.object) }))
  for (const { object } of manifests)
    if (object.kind === "Deployment")
      for (const container of podsOf(object)!.template.spec.containers) delete container.ports
  const { services } = trialOf(releaseOf("2", manifests)).coming
  const ported = Object.fromEntries(services.map(({ names, ports }) => [names[0], ports]))
  expect([ported.portless, ported.named]).toStrictEqual([{}, {}])
  expect(ported).not.toHaveProperty("gateway")
})

test("an init container of a migration runs before it; a sidecar does not run", () => {
  const text = ownFile("k8s/migration.yaml").replace(
    "      containers:\n        - name: migration",
    "      initContainers: [{ name: wait, image: backend, args: [wait] }, { name: proxy, image: backend, restartPolicy: Always }]\n      containers:\n        - name: migration",
  )
  const migration = parseManifests([{ name: "migration.yaml", text }])
  const [before, own, ...rest] = trialOf(releaseOf("2", [...WITHOUT_JOBS, ...migration])).coming.migrations
  expect(before!.pod.args).toEqual(["wait"])
  expect(own!.pod.command).toEqual(["python", "-m", "app.migrate"])
  expect(before!.job).toBe(own!.job)
  expect(rest).toHaveLength(1)
})
