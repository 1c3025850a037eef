import { expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { contextDiffers } from "../../../.dagger/src/kubernetes/connect.js"

test.each([
  ["name: shop\nnamespace: production", "namespace: production, as cloud-native.yaml says;"],
  ["name: shop", "namespace: shop, the release's name, which is the default;"],
  ["{}", "namespace: app, the release's name, which is the default;"],
])("where the kubeconfig's context has another namespace, the log says why %j counts", (yaml, expected) => {
  const said = contextDiffers(parseConfig(yaml, "cloud-native.yaml"), "staging")
  expect(said).toBe(`${expected} the kubeconfig's context has staging: --namespace=staging would deploy there`)
})
