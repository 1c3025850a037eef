import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../../.dagger/src/config/parse.js"
import { parseManifests } from "../../../../.dagger/src/manifests/parse.js"
import { markOf } from "../../../../.dagger/src/manifests/secret-values.js"
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

test("an image is run in the root, where it names no folder, and asked with the headers of its pod", () => {
  const settings = trialSettings({ ...IMAGE, workdir: "" }, AT, { headers: { Host: "shop.example.com" } }, 10)
  expect(settings).toMatchObject({ workdir: "/", headers: { Host: "shop.example.com" } })
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
      volumes: [],
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

  test("are not those of a Job with its image, such as a migration", () => {
    const job = pod("Job", "a-migration", "args: [migrate]").replace("apps/v1", "batch/v1")
    expect(settings(job, pod("Deployment", "web", "args: [web]")).args).toEqual(["web"])
    expect(settings(job).args).toBeUndefined()
  })

  test("are those of its own container, beside others of the pod", () => {
    const others = "{ name: proxy, image: envoy, args: [proxy] }, { name: main, image: backend, args: [web] }"
    const text = pod("Deployment", "web", "").replace(/containers: .*/, `containers: [${others}]`)
    expect(settings(text).args).toEqual(["web"])
  })

  test("may be those of pods without labels, which no Service selects", () => {
    const service = "apiVersion: v1\nkind: Service\nmetadata: { name: backend }\nspec: { selector: { app: web } }\n"
    const text = pod("Deployment", "web", "args: [web]").replace(/ +metadata: \{ labels.*\n/, "")
    expect(settings(text, service).args).toEqual(["web"])
  })

  test("leave out what the pod does not say", () => {
    expect(settings(pod("Deployment", "web", ""))).toEqual({
      command: undefined,
      args: undefined,
      env: {},
      unknown: [],
      user: undefined,
      headers: {},
      writable: [],
      grace: 30,
      services: [],
      volumes: [],
    })
  })

  test.each([
    ["args: []", "no arguments"],
    ["command: []", "no command"],
    ["command: [], args: []", "neither"],
  ])("take an empty list for none, as Kubernetes does: %s: %s", container => {
    const { command, args } = settings(pod("Deployment", "web", container))
    expect({ command, args }).toEqual({ command: undefined, args: undefined })
  })

  test("have the folder that the container runs in, over that of the image", () => {
    const found = settings(pod("Deployment", "web", "workingDir: /app/backend"))
    expect(trialSettings(IMAGE, AT, found, 10).workdir).toBe("/app/backend")
    expect(trialSettings(IMAGE, AT, settings(pod("Deployment", "web", "")), 10).workdir).toBe("/app")
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
    ["a Secret that no chart fills", "envFrom: [{ secretRef: { name: plain } }]", "", ["Secret plain"]],
    [
      "a ConfigMap that is called like a Secret",
      "envFrom: [{ configMapRef: { name: plain } }]",
      "",
      ["ConfigMap plain"],
    ],
    ["nothing of an entry without a source", "envFrom: [{ prefix: A_ }]", "", []],
    [
      "a key of a ConfigMap that is not there",
      "env: [{ name: HOST, valueFrom: { configMapKeyRef: { name: others, key: HOST } } }]",
      "",
      ["HOST"],
    ],
    [
      "a key that a ConfigMap lacks",
      "env: [{ name: PORT, valueFrom: { configMapKeyRef: { name: config, key: PORT } } }]",
      "",
      ["PORT"],
    ],
    [
      "a key that may be missing",
      "env: [{ name: PORT, valueFrom: { configMapKeyRef: { name: config, key: PORT, optional: true } } }]",
      "",
      [],
    ],
    [
      "a volume once, wherever it is mounted",
      "volumeMounts: [{ name: data, mountPath: /a }, { name: data, mountPath: /b }]",
      "volumes: [{ name: data, configMap: { name: data } }]",
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
    const plain = "apiVersion: v1\nkind: Secret\nmetadata: { name: plain }\nstringData: { KEY: value }\n"
    const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: config }\ndata: { HOST: db }\n"
    expect(settings(plain, config, pod("Deployment", "web", container, spec)).unknown).toEqual(unknown)
  })

  test.each<[string, string, Record<string, string>]>([
    ["nothing", "env: [{ name: EMPTY }]", { EMPTY: "" }],
    ["a ConfigMap", "env: [{ name: A, valueFrom: { configMapKeyRef: { name: config, key: HOST } } }]", { A: "db" }],
    ["the Secret of an ephemeral cluster, as a whole", "envFrom: [{ secretRef: { name: app-secrets } }]", { KEY: "k" }],
    [
      "a key of that Secret",
      "env: [{ name: A, valueFrom: { secretKeyRef: { name: app-secrets, key: KEY } } }]",
      { A: "k" },
    ],
    ["a Secret that a chart fills", "envFrom: [{ secretRef: { name: chart } }]", { URL: "redis://:k@redis" }],
  ])("have a variable's value of %s", (_, container, env) => {
    const config = parseConfig("secretName: app-secrets\nephemeral: { secrets: { KEY: k } }", "cloud-native.yaml")
    const text = [
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: config }\ndata: { HOST: db }\n",
      `apiVersion: v1\nkind: Secret\nmetadata: { name: chart }\nstringData: { URL: "redis://:${markOf("KEY")}@redis" }\n`,
      pod("Deployment", "web", container),
    ].join("---\n")
    const found = podSettings(parseManifests([{ name: "all.yaml", text }]), "backend", config.backend, config)
    expect(found).toMatchObject({ unknown: [] })
    expect(found.env).toEqual(env)
  })

  test.each([
    ["securityContext: { runAsUser: 1000 }", "", "1000"],
    ["securityContext: { runAsUser: 1000, runAsGroup: 0 }", "", "1000:0"],
    ["", "securityContext: { runAsUser: 1000, runAsGroup: 2000 }", "1000:2000"],
    ["securityContext: { runAsUser: 1 }", "securityContext: { runAsUser: 1000, runAsGroup: 2000 }", "1:2000"],
    ["securityContext: { runAsUser: 0 }", "", "0"],
    ["securityContext: { runAsGroup: 1000 }", "", undefined],
  ])("have the user of the container, else of the pod: %s, %s", (container, spec, user) => {
    expect(settings(pod("Deployment", "web", container, spec)).user).toBe(user)
  })

  test("name the volume that a StatefulSet claims, which only the cluster has", () => {
    const text = pod("StatefulSet", "web", "volumeMounts: [{ name: data, mountPath: /data }]")
    const claims = "  volumeClaimTemplates: [{ metadata: { name: data }, spec: { accessModes: [ReadWriteOnce] } }]\n"
    expect(settings(text + claims)).toMatchObject({ unknown: ["volume data"], volumes: ["data"], writable: [] })
  })

  test("have the folders writable that start empty", () => {
    const mounts = ["cache", "data", "tmp"].map(name => `{ name: ${name}, mountPath: /${name} }`)
    const volumes = ["cache", "tmp", "other"].map(name => `{ name: ${name}, emptyDir: {} }`)
    const text = pod(
      "Deployment",
      "web",
      `volumeMounts: [${mounts.join()}]`,
      `volumes: [${volumes.join()}, { name: data, configMap: { name: data } }]`,
    )
    expect(settings(text).writable).toEqual(["/cache", "/tmp"])
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
    ["metadata.annotations['none']", ""],
    ["metadata.uid", "00000000-0000-0000-0000-000000000000"],
    ["spec.nodeName", "trial"],
    ["spec.serviceAccountName", "default"],
    ["status.podIP", "127.0.0.1"],
    ["status.podIPs", "127.0.0.1"],
    ["status.hostIP", "127.0.0.1"],
    ["status.hostIPs", "127.0.0.1"],
  ])("have what a pod may say of itself: %s", (fieldPath, value) => {
    const { env, unknown } = settings(
      pod("Deployment", "web", `env: [{ name: FIELD, valueFrom: { fieldRef: { fieldPath: "${fieldPath}" } } }]`),
    )
    expect({ env, unknown }).toEqual({ env: { FIELD: value }, unknown: [] })
  })

  const field = (fieldPath: string, rest?: string) =>
    pod("Deployment", "web", `env: [{ name: FIELD, valueFrom: { fieldRef: { fieldPath: "${fieldPath}" } } }]`, rest)

  test.each(["spec.priority", "spec.metadata.labels['app']", "metadata.labels['app'].length"])(
    "do not make up %s",
    fieldPath => {
      expect(settings(field(fieldPath))).toMatchObject({ env: {}, unknown: ["FIELD"] })
    },
  )

  test("have the service account that the pod names, and no label where it has no metadata", () => {
    const account = field("spec.serviceAccountName", "serviceAccountName: shop")
    expect(settings(account).env).toEqual({ FIELD: "shop" })
    const bare = field("metadata.labels['app']").replace(/ +metadata: \{ labels.*\n/, "")
    expect(settings(bare).env).toEqual({ FIELD: "" })
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

  test("of no grace that is said and 20 s of preStop: what Kubernetes' 30 s leave", () => {
    const text = pod("Deployment", "web", "lifecycle: { preStop: { sleep: { seconds: 20 } } }")
    expect(settings(text).grace).toBe(10)
  })

  test.each([
    ["no lifecycle", ""],
    ["no preStop", "lifecycle: {}"],
    ["another preStop", "lifecycle: { preStop: { exec: { command: [sleep, '5'] } } }"],
  ])("have all of the grace where nothing sleeps: %s", (_, container) => {
    expect(settings(pod("Deployment", "web", container, "terminationGracePeriodSeconds: 30")).grace).toBe(30)
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
