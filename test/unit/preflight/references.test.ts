import { describe, expect, test } from "vitest"

import { Config } from "../../../.dagger/src/config/schema.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { assertResolved, availableFrom } from "../../../.dagger/src/preflight/references.ts"
import type { ReleaseInputs } from "../../../.dagger/src/release/inputs.ts"

const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: backend
          env:
            - { name: A, valueFrom: { secretKeyRef: { name: app-secrets, key: NEEDED } } }
            - { name: B, valueFrom: { secretKeyRef: { name: app-secrets, key: OPTIONAL, optional: true } } }
            - { name: C, valueFrom: { secretKeyRef: { name: of-the-cluster, key: ANY } } }
`

function plan(secrets?: Record<string, string>, account: string[] = [], more = ""): ReleaseInputs {
  const config = Config.parse({ monitor: { secrets: account } })
  const manifests = parseManifests([{ name: "app.yaml", text: MANIFESTS + more }])
  return {
    config,
    manifests,
    crds: [],
    secrets,
    publicUrl: "http://localhost:3000",
  }
}

const there = (...keys: string[]) => [
  { kind: "Secret" as const, name: "app-secrets", keys },
  { kind: "Secret" as const, name: "of-the-cluster", keys: ["ANY"] },
]

const made = (apiVersion: string, kind: string, name: string, spec: object) =>
  `---\n${JSON.stringify({ apiVersion, kind, metadata: { name }, spec })}\n`

function problems(given: ReleaseInputs, inCluster: ReturnType<typeof there>): string[] {
  try {
    assertResolved(given, [...availableFrom(given), ...inCluster], "the namespace app", "create it")
    return []
  } catch (error) {
    return (error as Error).message
      .split("\n")
      .filter(line => /needs|signs in/.test(line))
      .map(line => line.trim().replace(/^\S+: /, ""))
  }
}

describe("Secrets that the manifests refer to", () => {
  test("are there", () => {
    expect(problems(plan(), there("NEEDED"))).toEqual([])
    expect(problems(plan({ NEEDED: "a value" }), there().slice(1))).toEqual([])
  })

  test("are missing, or a key is", () => {
    expect(problems(plan(), [])).toEqual([
      "Deployment web needs the Secret app-secrets, which does not exist",
      "Deployment web needs the Secret of-the-cluster, which does not exist",
    ])
    expect(problems(plan({ OTHER: "a value" }), there().slice(1))).toEqual([
      "Deployment web needs the key NEEDED of the Secret app-secrets, which has no such key",
    ])
  })

  test.each([
    ["an ExternalSecret of their name", made("external-secrets.io/v1", "ExternalSecret", "app-secrets", {})],
    [
      "an ExternalSecret that names them",
      made("external-secrets.io/v1beta1", "ExternalSecret", "app", { target: { name: "app-secrets" } }),
    ],
    [
      "a SealedSecret of their name",
      made("bitnami.com/v1alpha1", "SealedSecret", "app-secrets", { encryptedData: {}, template: {} }),
    ],
    [
      "a SealedSecret that names them",
      made("bitnami.com/v1alpha1", "SealedSecret", "app", { template: { metadata: { name: "app-secrets" } } }),
    ],
    ["a Certificate that names them", made("cert-manager.io/v1", "Certificate", "app", { secretName: "app-secrets" })],
    [
      "a OnePasswordItem of their name",
      made("onepassword.com/v1", "OnePasswordItem", "app-secrets", { itemPath: "a" }),
    ],
    [
      "a VaultStaticSecret that names them",
      made("secrets.hashicorp.com/v1beta1", "VaultStaticSecret", "app", { destination: { name: "app-secrets" } }),
    ],
    [
      "a SecretProviderClass of the CSI driver that names them",
      made("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", "app", {
        secretObjects: [{ secretName: "app-secrets" }],
      }),
    ],
  ])("are yet to be made of %s", (_, more) => {
    expect(problems(plan(undefined, ["PASSWORD"], more), there().slice(1))).toEqual([])
  })

  test("are yet to be made of an operator's object whose name theirs begins with, but for the applications' own", () => {
    const cluster = made("postgresql.cnpg.io/v1", "Cluster", "of", { instances: 1 })
    expect(problems(plan({ NEEDED: "a value" }, [], cluster), [])).toEqual([])
    const monitor = made("monitoring.coreos.com/v1", "ServiceMonitor", "app", {})
    expect(problems(plan(undefined, [], monitor), there().slice(1))).toEqual([
      "Deployment web needs the Secret app-secrets, which does not exist",
    ])
  })

  test("are not made of an object of another name, or of Kubernetes' own", () => {
    const others =
      made("external-secrets.io/v1", "ExternalSecret", "app", {}) +
      made("networking.k8s.io/v1", "Ingress", "app-secrets", { tls: [{ secretName: "app-secrets" }] })
    expect(problems(plan(undefined, [], others), there().slice(1))).toEqual([
      "Deployment web needs the Secret app-secrets, which does not exist",
    ])
  })

  test("are those of Dapr's Components too, which make none", () => {
    const component = (secret: string) =>
      made("dapr.io/v1alpha1", "Component", "store", {
        metadata: [{ name: "password", secretKeyRef: { name: secret, key: "NEEDED" } }],
      })
    expect(problems(plan(undefined, [], component("app-secrets")), there("NEEDED"))).toEqual([])
    expect(problems(plan(undefined, [], component("app-secrets")), there().slice(1))).toEqual([
      "Deployment web needs the Secret app-secrets, which does not exist",
      "Component store needs the Secret app-secrets, which does not exist",
    ])
    expect(problems(plan(undefined, [], component("redis")), there("NEEDED"))).toEqual([
      "Component store needs the Secret redis, which does not exist",
    ])
  })

  test("have the monitor's account, given or not", () => {
    const missing = [
      "the monitor signs in with the key PASSWORD of the Secret app-secrets (monitor.secrets of cloud-native.yaml), which is not there",
    ]
    expect(problems(plan(undefined, ["PASSWORD"]), there("NEEDED"))).toEqual(missing)
    expect(problems(plan({ NEEDED: "a value" }, ["PASSWORD"]), there().slice(1))).toEqual(missing)
    expect(problems(plan(undefined, ["PASSWORD"]), there("NEEDED", "PASSWORD"))).toEqual([])
  })
})
