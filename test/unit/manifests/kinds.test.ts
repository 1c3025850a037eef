import { describe, expect, test } from "vitest"

import { applyRank, isBuiltIn, isConfig, isDapr, isWorkload } from "../../../.dagger/src/manifests/kinds.ts"

describe("the order of applying", () => {
  test.each([
    ["ResourceQuota", "LimitRange", "a namespace's limits come before all that they limit"],
    ["LimitRange", "ServiceAccount", "limits come before what is limited"],
    ["ServiceAccount", "ConfigMap", "accounts come before what is for the pods"],
    ["PersistentVolumeClaim", "NetworkPolicy", "what pods mount comes before what surrounds them"],
    ["NetworkPolicy", "Service", "policies come before anything can be reached"],
    ["Service", "Widget", "custom kinds stand in between"],
    ["Widget", "StatefulSet", "custom kinds stand in between"],
    ["StatefulSet", "Deployment", "databases come before what uses them"],
    ["Deployment", "HorizontalPodAutoscaler", "what is scaled comes before what scales it"],
    ["HorizontalPodAutoscaler", "Ingress", "users come last"],
  ])("%s before %s: %s", (earlier, later) => {
    expect(applyRank(earlier)).toBeLessThan(applyRank(later))
  })
})

describe("API groups of Kubernetes itself", () => {
  test.each([
    ["v1", true],
    ["apps/v1", true],
    ["networking.k8s.io/v1", true],
    ["rbac.authorization.k8s.io/v1", true],
    ["cert-manager.io/v1", false],
    ["secrets-store.csi.x-k8s.io/v1", false],
    ["k8s.io.example.com/v1", false],
    ["example.com/networking.k8s.io", false],
  ])("%s: %s", (apiVersion, builtIn) => {
    expect(isBuiltIn(apiVersion)).toBe(builtIn)
  })
})

test.each([
  ["Deployment", true],
  ["StatefulSet", true],
  ["DaemonSet", true],
  ["Job", false],
  ["Pod", false],
])("pods of a %s run for as long as it is there: %s", (kind, lasting) => {
  expect(isWorkload(kind)).toBe(lasting)
})

test.each([
  ["ServiceAccount", true],
  ["ConfigMap", true],
  ["ExternalSecret", true],
  ["PersistentVolumeClaim", true],
  ["Service", false],
  ["Deployment", false],
])("migrations may need a %s, which changes no pod that runs: %s", (kind, early) => {
  expect(isConfig(kind)).toBe(early)
})

test.each([
  ["dapr.io/v1alpha1", true],
  ["dapr.io.example.com/v1", false],
  ["example.com/dapr.io/", false],
])("sidecars of Dapr read objects of %s: %s", (apiVersion, read) => {
  expect(isDapr(apiVersion)).toBe(read)
})
