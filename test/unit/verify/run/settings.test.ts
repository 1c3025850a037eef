import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../../.dagger/src/config/parse.js"
import { parseManifests } from "../../../../.dagger/src/manifests/parse.js"
import { podSettings } from "../../../../.dagger/src/verify/run/pod.js"
import { trialSettings } from "../../../../.dagger/src/verify/run/settings.js"
import { ownFile } from "../../manifests/files.ts"
import { imageOf } from "../oci-image.ts"

const IMAGE = imageOf([], {
  entrypoint: ["entry"],
  args: ["serve"],
  env: ["PORT=1", "URL=a=b"],
  workdir: "/app",
  user: "10001",
})
const AT = { port: 8000, health: "/health" }

describe("an image is run", () => {
  test("as it says itself", () => {
    expect(trialSettings(IMAGE, AT, {}, 10)).toMatchObject({
      command: ["entry", "serve"],
      env: { PORT: "1", URL: "a=b", HOME: "/" },
      user: "10001",
      workdir: "/app",
      ...AT,
      headers: {},
      inFlight: "/health",
      writable: ["/tmp"],
      grace: 30,
      patience: 30,
    })
  })

  test("without a port, where it answers no requests", () => {
    const settings = trialSettings(IMAGE, undefined, {}, 10)
    expect(settings).toMatchObject({ command: ["entry", "serve"], grace: 30 })
    expect(Object.keys(settings)).not.toEqual(expect.arrayContaining(["port"]))
  })

  test.each([
    [{ args: ["other"] }, ["entry", "other"]],
    [{ command: ["sh"] }, ["sh"]],
    [{ command: ["sh"], args: ["x"] }, ["sh", "x"]],
  ])("with the command of its pod: %j", (pod, command) => {
    expect(trialSettings(IMAGE, AT, pod, 10).command).toEqual(command)
  })

  test("with its pod's environment over its own", () => {
    expect(trialSettings(IMAGE, AT, { env: { PORT: "2" } }, 10).env).toMatchObject({ PORT: "2", URL: "a=b" })
  })
})

describe("a pod's settings", () => {
  const config = parseConfig(ownFile("cloud-native.yaml"), "cloud-native.yaml")
  const own = parseManifests(
    ["config.yaml", "deployment.yaml", "migration.yaml"].map(name => ({ name, text: ownFile(`k8s/${name}`) })),
  )

  test("are those of the manifests, with the secrets and services of an ephemeral cluster", () => {
    const { env, ...rest } = podSettings(own, "frontend", config.frontend, config)
    expect(rest).toEqual({
      command: undefined,
      args: undefined,
      user: "10001:10001",
      headers: {},
      writable: ["/tmp", "/app/.next/cache"],
      grace: 25,
      services: ["postgres"],
      unknown: [],
    })
    expect(env).toEqual({
      BACKEND_URL: "http://backend:8000",
      STATIC_FILES_PEERS: "frontend-peers",
      BETTER_AUTH_URL: "http://localhost:3000",
      DATABASE_URL: "postgresql://app@postgres:5432/app",
      BETTER_AUTH_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  test("have the services of its tests, where the manifests bring the database", () => {
    const text = "services: { db: { image: postgres:17, port: 5432 } }\nbackend: { test: { services: [db] } }\n"
    const tested = parseConfig(text, "cloud-native.yaml")
    expect(podSettings(own, "backend", tested.backend, tested).services).toEqual(["db"])
    expect(podSettings(own, "frontend", tested.frontend, tested).services).toEqual([])
  })

  test("name what only the cluster knows", () => {
    const bare = parseConfig("", "cloud-native.yaml")
    expect(podSettings(own, "frontend", bare.frontend, bare).unknown).toEqual(["DATABASE_URL", "BETTER_AUTH_SECRET"])
  })

  const bare = parseConfig("", "cloud-native.yaml")
  const pod = (kind: string, name: string, container: string, rest = "") =>
    `apiVersion: apps/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n  template:\n    metadata: { labels: { app: ${name} } }\n    spec:\n      ${rest}\n      containers: [{ name: main, image: backend, ${container} }]\n`
  const settings = (...texts: string[]) =>
    podSettings(parseManifests([{ name: "all.yaml", text: texts.join("---\n") }]), "backend", bare.backend, bare)

  test("are those of the pods that its Service selects, whatever else has its image", () => {
    const cron =
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: a-nightly }\nspec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: main, image: backend, args: [nightly] }] } } } } }\n"
    const service = "apiVersion: v1\nkind: Service\nmetadata: { name: backend }\nspec: { selector: { app: web } }\n"
    const [worker, web] = [pod("Deployment", "a-worker", "args: [worker]"), pod("Deployment", "web", "args: [web]")]
    expect(settings(cron, worker, web, service).args).toEqual(["web"])
    expect(settings(cron, worker).args).toEqual(["worker"])
    expect(settings(cron).args).toBeUndefined()
  })

  test.each([
    ["a Secret as a whole", "envFrom: [{ secretRef: { name: others } }]", "", ["Secret others"]],
    ["a ConfigMap as a whole", "envFrom: [{ configMapRef: { name: others } }]", "", ["ConfigMap others"]],
    ["one that may be missing", "envFrom: [{ secretRef: { name: others, optional: true } }]", "", []],
    [
      "a volume",
      "volumeMounts: [{ name: data, mountPath: /data }]",
      "volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]",
      ["volume data"],
    ],
    [
      "a folder of its own",
      "volumeMounts: [{ name: data, mountPath: /data }]",
      "volumes: [{ name: data, emptyDir: {} }]",
      [],
    ],
    ["a volume of another container", "", "volumes: [{ name: data, configMap: { name: data } }]", []],
    [
      "a field that is not made up",
      "env: [{ name: CPU, valueFrom: { resourceFieldRef: { resource: limits.cpu } } }]",
      "",
      ["CPU"],
    ],
    ["no value at all", "env: [{ name: EMPTY }]", "", []],
  ])("name what only the cluster knows: %s", (_, container, spec, unknown) => {
    expect(settings(pod("Deployment", "web", container, spec)).unknown).toEqual(unknown)
  })

  test("refer to each other as the kubelet expands them, in env, command and args", () => {
    const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: config }\ndata: { HOST: db }\n---\n"
    const env = [
      "{ name: PORT, value: '8000' }",
      "{ name: URL, value: 'postgresql://app@$(DB_HOST):$(PORT)' }",
      "{ name: LATER, value: $(DEFINED_LATER) }",
      "{ name: ESCAPED, value: $$(PORT) }",
      "{ name: DEFINED_LATER, value: x }",
      "{ name: PASSWORD, valueFrom: { secretKeyRef: { name: others, key: A } } }",
      "{ name: WITH_PASSWORD, value: 'app:$(PASSWORD)' }",
    ]
    const container = `command: [run, $(PORT)], args: [--host=$(DB_HOST)], envFrom: [{ prefix: DB_, configMapRef: { name: config } }], env: [${env.join()}]`
    expect(settings(config + pod("Deployment", "web", container))).toMatchObject({
      command: ["run", "8000"],
      args: ["--host=db"],
      env: {
        DB_HOST: "db",
        PORT: "8000",
        URL: "postgresql://app@db:8000",
        LATER: "$(DEFINED_LATER)",
        ESCAPED: "$(PORT)",
        DEFINED_LATER: "x",
      },
      unknown: ["PASSWORD", "WITH_PASSWORD"],
    })
  })

  test.each([
    ["metadata.name", "trial"],
    ["metadata.namespace", "app"],
    ["metadata.labels['app']", "web"],
    ["metadata.labels['none']", ""],
    ["status.podIP", "127.0.0.1"],
  ])("have what a pod may say of itself: %s", (fieldPath, value) => {
    const { env, unknown } = settings(
      pod("Deployment", "web", `env: [{ name: FIELD, valueFrom: { fieldRef: { fieldPath: "${fieldPath}" } } }]`),
    )
    expect({ env, unknown }).toEqual({ env: { FIELD: value }, unknown: [] })
  })

  test.each([
    ["httpHeaders: [{ name: host, value: shop.example.com }]", { Host: "shop.example.com" }],
    ["httpHeaders: [{ name: X-Probe, value: yes }, { name: X-Two, value: b }]", { "X-Probe": "yes", "X-Two": "b" }],
    ["path: /health", {}],
  ])("send the headers of the probes: %s", (httpGet, headers) => {
    const probes = `startupProbe: { httpGet: { port: 8000 } }, livenessProbe: { httpGet: { port: 8000, ${httpGet} } }`
    expect(settings(pod("Deployment", "web", probes)).headers).toEqual(headers)
  })

  test.each([
    [30, 5, 25],
    [5, 10, 2],
    [0, 0, 2],
  ])("of %d s of grace and %d s of preStop: %d s", (grace, sleep, expected) => {
    const text = pod(
      "Deployment",
      "web",
      `lifecycle: { preStop: { sleep: { seconds: ${sleep} } } }`,
      `terminationGracePeriodSeconds: ${grace}`,
    )
    expect(settings(text).grace).toBe(expected)
  })

  test("are the same each time, so that the cache can answer", () => {
    expect(podSettings(own, "frontend", config.frontend, config)).toEqual(
      podSettings(own, "frontend", config.frontend, config),
    )
  })

  test("are those of the tests where no manifest runs the application", () => {
    expect(podSettings([], "backend", config.backend, config)).toEqual({
      env: config.backend.test.env,
      services: ["postgres"],
    })
  })
})
