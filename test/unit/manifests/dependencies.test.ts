import { describe, expect, test } from "vitest"

import { dependenciesOf, neededToStart } from "../../../.dagger/src/manifests/dependencies.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"

const workload = (kind: string, name: string, image: string, beside = "") => `
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name} }
spec: { template: { metadata: { labels: { app: ${name} } }, spec: { containers: [{ name: main, image: ${image} }${beside}] } } }
---`
const service = (name: string, spec: string) => `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ${spec} }
---`

test("what migrations may need: workloads of other images, and Services that do not lead to the release's own", () => {
  const text = [
    workload("Deployment", "frontend", "frontend"),
    workload("Deployment", "backend", "backend", ", { name: proxy, image: envoy }"),
    service("backend", "selector: { app: backend }, ports: [{ port: 8000 }]"),
    workload("StatefulSet", "postgres", "postgres:17", ", { name: metrics, image: exporter }"),
    service("postgres", "selector: { app: postgres }, ports: [{ port: 5432 }]"),
    workload("Deployment", "broker", "rabbitmq:4"),
    service("mail", "type: ExternalName, externalName: mail.example.com"),
    service("old-database", "ports: [{ port: 5432 }]"),
    "\napiVersion: v1\nkind: Endpoints\nmetadata: { name: old-database }\n---",
    "\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: postgres }\nspec: {}\n",
  ].join("")
  const objects = parseManifests([{ name: "app.yaml", text }]).map(({ object }) => object)
  expect(
    dependenciesOf(objects, ["backend", "frontend"]).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  ).toEqual([
    "StatefulSet postgres",
    "Service postgres",
    "Deployment broker",
    "Service mail",
    "Service old-database",
    "Endpoints old-database",
  ])
})

/** The backend's Deployment with these fields of its container. */
const backend = (fields: string) => workload("Deployment", "backend", `backend, ${fields}`)
const env = (name: string, value: string) => `env: [{ name: ${name}, value: "${value}" }]`
const served = (name: string, fields = "") =>
  workload("StatefulSet", name, `${name}:1${fields && `, ${fields}`}`) +
  service(name, `selector: { app: ${name} }, ports: [{ port: 5432 }]`)

function needed(...texts: string[]): string[] {
  const objects = parseManifests([{ name: "app.yaml", text: texts.join("") }]).map(({ object }) => object)
  const isOf = (...kinds: string[]) => objects.filter(({ kind }) => kinds.includes(kind))
  const phases = {
    config: isOf("ConfigMap", "Component"),
    secrets: isOf("Secret"),
    objects: isOf("Deployment", "StatefulSet", "Service", "Endpoints"),
  }
  return neededToStart(phases, ["backend"]).map(({ kind, metadata }) => `${kind} ${metadata.name}`)
}

describe("what applications need when they start is behind a Service that their settings name", () => {
  const POSTGRES = ["StatefulSet postgres", "Service postgres"]

  test.each([
    ["in an address", env("DATABASE_URL", "postgresql://app:x@postgres:5432/app"), POSTGRES],
    ["in an address without a port", env("DATABASE_URL", "postgresql://app@postgres/app"), POSTGRES],
    ["as a host", env("POSTGRES_HOST", "postgres"), POSTGRES],
    ["as a host in full", env("POSTGRES_HOST", "postgres.shop.svc.cluster.local"), POSTGRES],
    ["among several hosts", env("HOSTS", "replica:5432,postgres:5432"), POSTGRES],
    ["in an argument", "args: [--db=postgres:5432]", POSTGRES],
    ["not as the scheme of another address", env("DATABASE_URL", "postgres://app@db.example.com/app"), []],
    ["not as the beginning of another name", env("POSTGRES_HOST", "postgres-replica"), []],
    ["not at all", env("LOG_LEVEL", "info"), []],
  ])("%s", (_, fields, expected) => {
    expect(needed(backend(fields), served("postgres"))).toEqual(expected)
  })

  const secret =
    "\napiVersion: v1\nkind: Secret\nmetadata: { name: app }\nstringData: { URL: 'pg://postgres', CACHE: redis }\n---"
  const config = "\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: app }\ndata: { HOST: postgres }\n---"
  const component =
    "\napiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: { name: state }\nspec: { metadata: [{ name: redisHost, value: 'redis:6379' }] }\n---"
  test.each([
    ["a Secret", "envFrom: [{ secretRef: { name: app } }]", secret, ["postgres", "redis"]],
    [
      "one key of a Secret",
      "env: [{ name: A, valueFrom: { secretKeyRef: { name: app, key: URL } } }]",
      secret,
      ["postgres"],
    ],
    ["a ConfigMap", "envFrom: [{ configMapRef: { name: app } }]", config, ["postgres"]],
    [
      "a ConfigMap, not of a Secret of its name",
      "envFrom: [{ configMapRef: { name: app } }]",
      config + secret,
      ["postgres"],
    ],
    [
      "a ConfigMap, not of one of another name",
      "envFrom: [{ configMapRef: { name: app } }]",
      config + config.replace("app", "other").replace("postgres", "redis"),
      ["postgres"],
    ],
    ["a Secret of others", env("A", "b"), secret, []],
    ["a Component of Dapr, for the sidecar", env("A", "b"), component, ["redis"]],
  ])("of %s", (_, fields, source, expected) => {
    const found = needed(backend(fields), source, served("postgres"), served("redis"))
    expect(found).toEqual(expected.flatMap(name => [`StatefulSet ${name}`, `Service ${name}`]))
  })

  test("with what that needs in turn, and without what needs the applications", () => {
    const pooled = needed(
      backend(env("DATABASE_URL", "postgresql://app@pgbouncer:6432/app")),
      service("backend", "selector: { app: backend }, ports: [{ port: 8000 }]"),
      served("pgbouncer", env("DB_HOST", "postgres")),
      served("postgres"),
      served("proxy", env("UPSTREAM", "http://backend:8000")),
    )
    expect(pooled).toEqual(["StatefulSet pgbouncer", "Service pgbouncer", ...POSTGRES])
  })

  test("without what others need, whom the applications do not", () => {
    expect(needed(backend(env("A", "b")), served("proxy", env("DB_HOST", "postgres")), served("postgres"))).toEqual([])
  })

  test("with the addresses of Services without pods, where there are pods behind another one", () => {
    const endpoints = (name: string) => `\napiVersion: v1\nkind: Endpoints\nmetadata: { name: ${name} }\n---`
    const legacy = ["legacy", "unused"].map(name => service(name, "ports: [{ port: 5432 }]") + endpoints(name))
    const found = needed(backend(env("HOSTS", "postgres,legacy")), served("postgres"), ...legacy)
    expect(found).toEqual([...POSTGRES, "Service legacy", "Endpoints legacy"])
  })

  test("if there are pods behind it", () => {
    const outside = service("postgres", "type: ExternalName, externalName: db.example.com")
    expect(needed(backend(env("HOST", "postgres")), outside)).toEqual([])
  })
})
