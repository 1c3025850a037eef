import { expect, test } from "vitest"

import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { podsOf } from "../../../.dagger/src/manifests/pods.ts"
import { pullSecretFor } from "../../../.dagger/src/manifests/pull-secret.ts"
import { workload } from "./rules/problems.ts"

const base64 = (text: string) => Buffer.from(text).toString("base64")

test("nodes pull with a login by a Secret that every pod is told of, beside those that it has", () => {
  const texts = [
    workload({ name: "none" }),
    workload({ name: "own", pod: "imagePullSecrets: [{ name: registry }]" }),
    workload({ kind: "Job" }).replace("apps/v1", "batch/v1"),
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }",
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: shop }\nimagePullSecrets: [{ name: dockerhub }]",
    workload({ name: "of-account", pod: "serviceAccountName: shop" }),
    workload({
      name: "of-account-and-own",
      pod: "serviceAccountName: shop\n      imagePullSecrets: [{ name: registry }]",
    }),
  ]
  const objects = parseManifests([{ name: "app.yaml", text: texts.join("\n---\n") }]).map(({ object }) => object)
  const login = { host: "ghcr.io", username: "robot", password: "hunter2" }
  expect(pullSecretFor(objects, login)).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "registry-login" },
    type: "kubernetes.io/dockerconfigjson",
    data: {
      ".dockerconfigjson": base64(
        `{"auths":{"ghcr.io":{"username":"robot","password":"hunter2","auth":"${base64("robot:hunter2")}"}}}`,
      ),
    },
  })
  expect(objects.map(object => podsOf(object)?.template.spec.imagePullSecrets)).toEqual([
    [{ name: "registry-login" }],
    [{ name: "registry" }, { name: "registry-login" }],
    [{ name: "registry-login" }],
    undefined,
    undefined,
    [{ name: "dockerhub" }, { name: "registry-login" }],
    [{ name: "registry" }, { name: "registry-login" }],
  ])
})
