import { describe, expect, test } from "vitest"

import { awaitMadeSecrets, madeFor, stillMissing } from "../../../.dagger/src/deploy/operator-secrets.ts"
import type { Kubectl } from "../../../.dagger/src/kubernetes/kubectl.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { render } from "../../../.dagger/src/manifests/render.ts"

const MANIFESTS = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [{ port: 80 }] }
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: app }
spec: { secretStoreRef: { name: vault }, target: { name: app-secrets } }
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: { name: vault }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: of-nobody }
spec: { secretName: of-nobody }
---
apiVersion: batch/v1
kind: Job
metadata: { name: migration }
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: migration
          image: backend
          env:
            - { name: A, valueFrom: { secretKeyRef: { name: app-secrets, key: URL } } }
            - { name: B, valueFrom: { secretKeyRef: { name: of-the-cluster, key: ANY } } }
            - { name: C, valueFrom: { secretKeyRef: { name: of-nobody, key: ANY, optional: true } } }
        - { name: other, image: frontend }
`

const INPUTS = {
  name: "shop",
  namespace: "shop",
  images: { backend: "r/backend@sha256:0", frontend: "r/frontend@sha256:0" },
  publicUrl: "https://shop.example.com",
  secretName: "app-secrets",
}
const release = render(parseManifests([{ name: "app.yaml", text: MANIFESTS }]), INPUTS)

describe("Secrets that operators make", () => {
  test("come before the migrations, what they are made of and with included", () => {
    expect(release.config.map(({ kind }) => kind)).toEqual(["SecretStore", "ExternalSecret", "Certificate"])
  })

  test("are waited for where pods or the monitor need them, with the keys", () => {
    const needed = (account: string[]) =>
      madeFor(release, account).map(({ name, origin, keys }) => [name, origin.kind, ...keys])
    expect(needed([])).toEqual([["app-secrets", "ExternalSecret", "URL"]])
    expect(needed(["PASSWORD"])).toEqual([["app-secrets", "ExternalSecret", "URL", "PASSWORD"]])
  })

  test("are not waited for where they come with the pods, as the CSI driver makes them", () => {
    const text = MANIFESTS.replace(
      "external-secrets.io/v1\nkind: ExternalSecret",
      "secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass",
    )
    const { config, ...rest } = render(parseManifests([{ name: "app.yaml", text }]), INPUTS)
    expect(config.map(({ kind }) => kind)).toContain("SecretProviderClass")
    expect(madeFor({ config, ...rest }, [])).toEqual([])
  })

  const command = "kubectl --namespace=shop describe externalsecret app"
  test.each([
    ["missing", [], [`ExternalSecret app has made no Secret app-secrets: ${command}`]],
    ["without a key", ["OTHER"], [`ExternalSecret app has made no URL in the Secret app-secrets: ${command}`]],
    ["there", ["URL"], []],
  ])("are %s", (_, keys, expected) => {
    const there = keys.length > 0 ? [{ kind: "Secret" as const, name: "app-secrets", keys }] : []
    expect(stillMissing(madeFor(release, []), there, "shop")).toEqual(expected)
  })

  test("are asked for until they are there", async () => {
    const answers = ["", "Secret app-secrets\n", "Secret app-secrets URL\n"]
    const kubectl = { namespace: "shop", run: async () => ({ exitCode: 0, stdout: answers.shift()!, stderr: "" }) }
    await awaitMadeSecrets(kubectl as unknown as Kubectl, release, [])
    expect(answers).toEqual([])
  })
})
