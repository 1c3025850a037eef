import { expect, test } from "vitest"

import { apisOf } from "../../../.dagger/src/kubernetes/capabilities.ts"

test("what charts ask for of a cluster: its versions, and each kind with its version", () => {
  const resources = [
    "configmaps                 cm       v1                            true    ConfigMap",
    "servicemonitors                     monitoring.coreos.com/v1      true    ServiceMonitor",
    "",
  ].join("\n")
  expect(apisOf("apps/v1\nv1\n", resources)).toEqual([
    "apps/v1",
    "v1",
    "v1/ConfigMap",
    "monitoring.coreos.com/v1/ServiceMonitor",
  ])
})
