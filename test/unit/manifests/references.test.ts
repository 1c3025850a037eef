import { describe, expect, test } from "vitest"

import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import {
  type Available,
  availableIn,
  comesWithPod,
  configMapsIn,
  keysMissing,
  mayMake,
  neededBy,
  referencesOf,
  unresolved,
} from "../../../.dagger/src/manifests/references.ts"
import { ownManifests } from "./files.ts"
import { problemsOf, workload } from "./rules/problems.ts"

const read = (...texts: string[]) => parseManifests([{ name: "app.yaml", text: texts.join("\n---\n") }])

const CONFIG: Available[] = [
  { kind: "ConfigMap", name: "backend-config", keys: [] },
  { kind: "ConfigMap", name: "frontend-config", keys: [] },
]

function problems(available: Available[]) {
  return [...unresolved(ownManifests(), available)].map(({ code, what }) => ({ code, what }))
}

describe("references", () => {
  test("are all that this repository's manifests need", () => {
    const needed = neededBy(ownManifests()).map(({ reference: { kind, name, keys } }) =>
      [kind, name, ...keys].join(" "),
    )
    expect([...new Set(needed)].sort()).toEqual([
      "ConfigMap backend-config",
      "ConfigMap frontend-config",
      "Secret app-secrets BACKEND_DATABASE_URL",
      "Secret app-secrets BETTER_AUTH_SECRET",
      "Secret app-secrets FRONTEND_DATABASE_URL",
    ])
  })

  test("all resolve when the Secret has its keys", () => {
    const keys = ["BACKEND_DATABASE_URL", "BETTER_AUTH_SECRET", "FRONTEND_DATABASE_URL"]
    expect(problems([...CONFIG, { kind: "Secret", name: "app-secrets", keys }])).toEqual([])
  })

  test("tell a missing Secret from a missing key", () => {
    expect(problems(CONFIG)).toContainEqual({
      code: "SECRET_MISSING",
      what: "Deployment backend needs the Secret app-secrets, which does not exist",
    })
    expect(
      problems([
        ...CONFIG,
        { kind: "Secret", name: "app-secrets", keys: ["BACKEND_DATABASE_URL", "FRONTEND_DATABASE_URL"] },
      ]),
    ).toEqual([
      {
        code: "SECRET_KEY_MISSING",
        what: "Deployment frontend needs the key BETTER_AUTH_SECRET of the Secret app-secrets, which has no such key",
      },
      {
        code: "SECRET_KEY_MISSING",
        what: "Job frontend-migration needs the key BETTER_AUTH_SECRET of the Secret app-secrets, which has no such key",
      },
    ])
  })
})

describe("a reference to a ConfigMap or a Secret", () => {
  const container = "spec.template.spec.containers.0"
  const pod = "spec.template.spec"
  test.each<[form: string, fields: Parameters<typeof workload>[0], reference: string]>([
    [
      "a key of a ConfigMap",
      { container: "env: [{ name: A, valueFrom: { configMapKeyRef: { name: c, key: k } } }]" },
      `ConfigMap c [k] ${container}.env.0.valueFrom.configMapKeyRef.name`,
    ],
    [
      "a key of a Secret",
      { container: "env: [{ name: A, value: a }, { name: B, valueFrom: { secretKeyRef: { name: s, key: k } } }]" },
      `Secret s [k] ${container}.env.1.valueFrom.secretKeyRef.name`,
    ],
    [
      "a key that may be missing",
      { container: "env: [{ name: A, valueFrom: { secretKeyRef: { name: s, key: k, optional: true } } }]" },
      `Secret s [k] optional ${container}.env.0.valueFrom.secretKeyRef.name`,
    ],
    [
      "all keys of a ConfigMap",
      { container: "envFrom: [{ configMapRef: { name: c } }]" },
      `ConfigMap c [] ${container}.envFrom.0.configMapRef.name`,
    ],
    [
      "all keys of a Secret",
      { container: "envFrom: [{ secretRef: { name: s } }]" },
      `Secret s [] ${container}.envFrom.0.secretRef.name`,
    ],
    [
      "an init container's",
      { pod: "initContainers: [{ name: i, image: i, envFrom: [{ secretRef: { name: s } }] }]" },
      `Secret s [] ${pod}.initContainers.0.envFrom.0.secretRef.name`,
    ],
    [
      "a volume of a ConfigMap",
      { pod: "volumes: [{ name: v, configMap: { name: c } }]" },
      `ConfigMap c [] ${pod}.volumes.0.configMap.name`,
    ],
    [
      "some files of a ConfigMap",
      { pod: "volumes: [{ name: v, configMap: { name: c, items: [{ key: a, path: a }, { key: b, path: b }] } }]" },
      `ConfigMap c [a,b] ${pod}.volumes.0.configMap.name`,
    ],
    [
      "a volume of a Secret",
      { pod: "volumes: [{ name: v, secret: { secretName: s, items: [{ key: a, path: a }] } }]" },
      `Secret s [a] ${pod}.volumes.0.secret.secretName`,
    ],
    [
      "a ConfigMap among others in a volume",
      {
        pod: "volumes: [{ name: v, projected: { sources: [{ serviceAccountToken: { path: t } }, { configMap: { name: c } }] } }]",
      },
      `ConfigMap c [] ${pod}.volumes.0.projected.sources.1.configMap.name`,
    ],
    [
      "a Secret among others in a volume",
      { pod: "volumes: [{ name: v, projected: { sources: [{ secret: { name: s, optional: true } }] } }]" },
      `Secret s [] optional ${pod}.volumes.0.projected.sources.0.secret.name`,
    ],
    ["a pull secret", { pod: "imagePullSecrets: [{ name: s }]" }, `Secret s [] ${pod}.imagePullSecrets.0.name`],
  ])("is found, and can be renamed: %s", (_, fields, reference) => {
    const [{ object }] = read(workload(fields)) as [ReturnType<typeof read>[number]]
    const shown = () =>
      referencesOf(object).map(({ kind, name, keys, optional, path }) =>
        [kind, name, `[${keys.join()}]`, ...(optional ? ["optional"] : []), path.join(".")].join(" "),
      )
    expect(shown()).toEqual([reference])
    referencesOf(object)[0]!.rename("renamed")
    expect(shown()).toEqual([reference.replace(/ [cs] /, " renamed ")])
  })

  test.each([
    [
      "a service account's pull secrets",
      "{ apiVersion: v1, kind: ServiceAccount, metadata: { name: a }, imagePullSecrets: [{ name: s }, { name: t }] }",
      ["imagePullSecrets.0.name", "imagePullSecrets.1.name"],
    ],
    ["none of a service account", "{ apiVersion: v1, kind: ServiceAccount, metadata: { name: a } }", []],
    ["none of pods that need none", workload(), []],
    ["none of other volumes", workload({ pod: "volumes: [{ name: v, emptyDir: {} }]" }), []],
    ["none of what makes no pods", "{ apiVersion: v1, kind: Service, metadata: { name: a }, spec: {} }", []],
  ])("%s", (_, text, paths) => {
    expect(referencesOf(read(text)[0]!.object).map(({ path }) => path.join("."))).toEqual(paths)
  })
})

describe("what sidecars of Dapr read", () => {
  const dapr = (kind: string, rest: string) =>
    `{ apiVersion: dapr.io/v1alpha1, kind: ${kind}, metadata: { name: a }, ${rest} }`
  const METADATA =
    "spec: { type: state.redis, version: v1, metadata: [{ name: redisHost, value: redis:6379 }, { name: redisPassword, secretKeyRef: { name: s, key: k } }] }"
  test.each<[what: string, text: string, references: string[]]>([
    ["a key of a Component", dapr("Component", METADATA), ["Secret s [k] spec.metadata.1.secretKeyRef.name"]],
    [
      "a key of a Component that names the store of Kubernetes",
      dapr("Component", `auth: { secretStore: kubernetes }, ${METADATA}`),
      ["Secret s [k] spec.metadata.1.secretKeyRef.name"],
    ],
    ["none of another store", dapr("Component", `auth: { secretStore: vault }, ${METADATA}`), []],
    [
      "keys of an HTTPEndpoint, however deep",
      dapr(
        "HTTPEndpoint",
        "spec: { headers: [{ name: A, secretKeyRef: { name: s, key: k } }], clientTLS: { rootCA: { secretKeyRef: { name: s, key: ca } } } }",
      ),
      ["Secret s [k] spec.headers.0.secretKeyRef.name", "Secret s [ca] spec.clientTLS.rootCA.secretKeyRef.name"],
    ],
    ["none where it names none", dapr("Component", "spec: { metadata: [{ name: A, secretKeyRef: ~ }] }"), []],
    ["none where it names none by a text", dapr("Component", "spec: { metadata: [{ name: A, secretKeyRef: s }] }"), []],
    ["none where it has no name", dapr("Component", "spec: { metadata: [{ name: A, secretKeyRef: { key: k } }] }"), []],
    [
      "none where its name is a number",
      dapr("Component", "spec: { metadata: [{ name: A, secretKeyRef: { name: 5, key: k } }] }"),
      [],
    ],
    ["none of an object without a spec", dapr("Configuration", "scopes: []"), []],
    ["none of other custom kinds", dapr("Component", METADATA).replace("dapr.io", "example.com"), []],
  ])("%s", (_, text, expected) => {
    const [{ object }] = read(text) as [ReturnType<typeof read>[number]]
    const shown = () =>
      referencesOf(object).map(({ kind, name, keys, path }) => `${kind} ${name} [${keys.join()}] ${path.join(".")}`)
    expect(shown()).toEqual(expected)
    for (const reference of referencesOf(object)) reference.rename("renamed")
    expect(shown()).toEqual(expected.map(reference => reference.replace(" s ", " renamed ")))
  })

  test("none where the cluster has null", () => {
    const [{ object }] = read(dapr("Component", "spec: { a: b }")) as [ReturnType<typeof read>[number]]
    expect(referencesOf({ ...object, spec: { metadata: [{ name: "A", secretKeyRef: null }] } })).toEqual([])
  })
})

describe("what answers references", () => {
  const SECRET = "{ apiVersion: v1, kind: Secret, metadata: { name: s }, data: { A: YQ== }, stringData: { B: b } }"
  const CONFIG_MAP =
    "{ apiVersion: v1, kind: ConfigMap, metadata: { name: c }, data: { A: a }, binaryData: { B: Yg== } }"
  const cluster = (spec: string, name = "shop") =>
    `{ apiVersion: postgresql.cnpg.io/v1, kind: Cluster, metadata: { name: ${name} }, spec: ${spec} }`
  const needs = (secret: string) =>
    workload({ container: `envFrom: [{ secretRef: { name: ${secret} } }, { configMapRef: { name: settings } }]` })

  test("ConfigMaps of the manifests, with the keys of both their fields", () => {
    expect(configMapsIn(read(SECRET, CONFIG_MAP))).toEqual([{ kind: "ConfigMap", name: "c", keys: ["A", "B"] }])
  })

  test.each<[what: string, texts: string[], secrets: object[]]>([
    ["a Secret of the manifests", [SECRET, needs("other")], [{ kind: "Secret", name: "s", keys: ["A", "B"] }]],
    ["one that an operator makes", [cluster("{}"), needs("shop-app")], [{ kind: "Secret", name: "shop-app" }]],
    [
      "the applications' own, which an operator makes by its name",
      [cluster("{}", "app-secrets")],
      [{ kind: "Secret", name: "app-secrets" }],
    ],
    ["no ConfigMap: operators are asked for Secrets", [cluster("{ settings: settings }"), needs("other")], []],
    ["none that no pod needs", [cluster("{}")], []],
  ])("%s", (_, texts, secrets) => {
    expect(availableIn(read(CONFIG_MAP, ...texts), "app-secrets")).toEqual([
      { kind: "ConfigMap", name: "c", keys: ["A", "B"] },
      ...secrets,
    ])
  })

  test.each([
    ["of its own name", cluster("{}", "shop-app"), true],
    ["that is named after it", cluster("{}"), true],
    ["that it names, however deep", cluster("{ users: [{ name: a, secret: { name: shop-app } }] }", "db"), true],
    ["that it names beside others", cluster("{ backup: ~, size: 1, secrets: [other, shop-app] }", "db"), true],
    ["of another name", cluster("{ secret: shop }", "db"), false],
    [
      "that a Component of Dapr reads",
      cluster("{ metadata: [{ name: A, secretKeyRef: { name: shop-app, key: k } }] }", "db").replace(
        "postgresql.cnpg.io/v1",
        "dapr.io/v1alpha1",
      ),
      false,
    ],
    ["whose name begins the same, without a dash", cluster("{}", "sho"), false],
    [
      "of a kind of Kubernetes itself",
      "{ apiVersion: v1, kind: ConfigMap, metadata: { name: shop }, data: { A: shop-app } }",
      false,
    ],
  ])("may be made for an object: a Secret %s", (_, text, made) => {
    expect(mayMake(read(text)[0]!.object, "shop-app", "app-secrets")).toBe(made)
  })
  test("the applications' own Secret is not taken for an operator's by the beginning of its name", () => {
    const [app] = read(cluster("{}", "app"))
    expect([mayMake(app!.object, "app-secrets", "app-secrets"), mayMake(app!.object, "app-db", "app-secrets")]).toEqual(
      [false, true],
    )
  })

  test.each([
    ["secrets-store.csi.x-k8s.io/v1", true],
    ["external-secrets.io/v1", false],
    ["example.com/secrets-store.csi.x-k8s.io/", false],
  ])("a Secret of %s comes with the first pod: %s", (apiVersion, withPod) => {
    expect(comesWithPod({ apiVersion, kind: "SecretProviderClass", metadata: { name: "s" } })).toBe(withPod)
  })

  test("keys are missing only where it is known which there are", () => {
    expect(keysMissing(["A", "B"], { kind: "Secret", name: "s", keys: ["B", "C"] })).toEqual(["A"])
    expect(keysMissing(["A", "B"], { kind: "Secret", name: "s" })).toEqual([])
  })

  const among = (...available: Available[]) =>
    problemsOf(({ manifests }) => unresolved(manifests, available), needs("s"))
  const settings: Available = { kind: "ConfigMap", name: "settings" }
  test.each<[why: string, available: Available[]]>([
    ["there is none", []],
    ["there is one of another name", [{ kind: "Secret", name: "s-2" }]],
    ["there is one of another kind", [{ kind: "ConfigMap", name: "s" }]],
  ])("a Secret is missing: %s", (_, available) => {
    expect(among(settings, ...available)).toEqual([
      {
        code: "SECRET_MISSING",
        at: "name: s",
        what: "Deployment backend needs the Secret s, which does not exist",
        fix: "create it, or correct the name",
      },
    ])
  })
  test("none is missing", () => {
    expect(among(settings, { kind: "Secret", name: "s" })).toEqual([])
  })
})
