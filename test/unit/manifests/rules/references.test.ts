import { describe, expect, test } from "vitest"

import { configKeyMissing } from "../../../../.dagger/src/manifests/rules/references.ts"
import { problemsOf, workload } from "./problems.ts"

const CONFIG = "{ apiVersion: v1, kind: ConfigMap, metadata: { name: settings }, data: { A: a } }"
const reference = (name: string, key: string) =>
  workload({ container: `env: [{ name: X, valueFrom: { configMapKeyRef: { name: ${name}, key: ${key} } } }]` })

describe("configKeyMissing: a ConfigMap of the manifests has the keys that pods take from it", () => {
  test.each([
    ["it has the key", reference("settings", "A")],
    ["another ConfigMap is the cluster's to have", reference("other", "A")],
  ])("passes: %s", (_, manifests) => {
    expect(problemsOf(configKeyMissing, CONFIG, manifests)).toEqual([])
  })
  test("fails: it has no such key", () => {
    expect(problemsOf(configKeyMissing, CONFIG, reference("settings", "B"))).toEqual([
      {
        code: "CONFIGMAP_KEY_MISSING",
        at: "name: settings",
        what: "Deployment backend needs the key B of the ConfigMap settings, which has no such key",
        fix: "add B to settings, or correct the name of the key",
      },
    ])
  })
})
