import { expect, test } from "vitest"

import { parseManifests } from "../../../../.dagger/src/manifests/parse.ts"
import { literals } from "../../../../.dagger/src/manifests/rules/literals.ts"
import { workload } from "./problems.ts"

const ENV = ["spec", "template", "spec", "containers", 0, "env"]
const config = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\n${data}`

test.each([
  ["a ConfigMap's data", config("data: { LOG: info }"), [{ name: "LOG", value: "info", path: ["data", "LOG"] }]],
  ["no bytes of a ConfigMap", config("binaryData: { LOGO: AAAA }"), []],
  [
    "the variables of a container that have a value, which may be empty",
    workload({
      container: 'env: [{ name: A, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }, { name: B, value: "" }]',
    }),
    [{ name: "B", value: "", path: [...ENV, 1, "value"] }],
  ],
  ["none of a container without variables", workload(), []],
])("what the manifests give to pods in plain text: %s", (_, text, expected) => {
  const [manifest] = parseManifests([{ name: "app.yaml", text }])
  expect(literals(manifest!)).toEqual(expected)
})
