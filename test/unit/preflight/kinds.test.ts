import { describe, expect, test } from "vitest"

import { parseApiResources } from "../../../.dagger/src/preflight/api-resources.ts"
import { assertKnown, named, withCrds } from "../../../.dagger/src/preflight/kinds.ts"
import { crd } from "../manifests/crds.ts"

/** As `kubectl api-resources --no-headers` prints it. */
const PRINTED = `
services                           svc          v1                             true    Service
cronjobs                           cj           batch/v1                       true    CronJob
horizontalpodautoscalers           hpa          autoscaling/v2                 true    HorizontalPodAutoscaler
networkpolicies                    netpol       networking.k8s.io/v1           true    NetworkPolicy
certificates                       cert,certs   cert-manager.io/v1             true    Certificate
services                           kservice     serving.knative.dev/v1         true    Service
proxies                                         traefik.io/v1alpha1            true    Proxy
`
const VERSIONS = ["v1", "batch/v1", "autoscaling/v1", "autoscaling/v2", "networking.k8s.io/v1", "cert-manager.io/v1"]
const kinds = (...objects: [apiVersion: string, kind: string][]) =>
  named(
    objects.map(([apiVersion, kind]) => ({ apiVersion, kind })),
    parseApiResources(PRINTED),
    [...VERSIONS, "serving.knative.dev/v1", "traefik.io/v1alpha1"],
  )

describe("the resources of kinds", () => {
  test.each([
    ["v1", "Service", "", "services"],
    ["serving.knative.dev/v1", "Service", "serving.knative.dev", "services"],
    ["networking.k8s.io/v1", "NetworkPolicy", "networking.k8s.io", "networkpolicies"],
    ["autoscaling/v1", "HorizontalPodAutoscaler", "autoscaling", "horizontalpodautoscalers"],
    ["traefik.io/v1alpha1", "Proxy", "traefik.io", "proxies"],
  ])("%s %s: %s", (apiVersion, kind, group, resource) => {
    expect(kinds([apiVersion, kind])).toEqual({ resources: [{ group, resource }], unknown: [] })
  })

  test("are each there once, whatever the versions", () => {
    const both = kinds(["autoscaling/v1", "HorizontalPodAutoscaler"], ["autoscaling/v2", "HorizontalPodAutoscaler"])
    expect(both).toEqual({ resources: [{ group: "autoscaling", resource: "horizontalpodautoscalers" }], unknown: [] })
  })

  test("that a version has not, though it has others of the group, are named", () => {
    const objects = [
      { apiVersion: "batch/v1beta1", kind: "CronJob" },
      { apiVersion: "autoscaling/v1", kind: "HorizontalPodAutoscaler" },
    ]
    const kindsIn = new Map([
      ["batch/v1beta1", ["Other"]],
      ["autoscaling/v1", ["HorizontalPodAutoscaler"]],
    ])
    expect(named(objects, parseApiResources(PRINTED), [...VERSIONS, "batch/v1beta1"], kindsIn)).toEqual({
      resources: [{ group: "autoscaling", resource: "horizontalpodautoscalers" }],
      unknown: ["CronJob (batch/v1beta1): the cluster has batch/v1"],
    })
  })

  test("that the cluster does not know, or not in that version, are named with the version that there is", () => {
    const unknown = kinds(
      ["monitoring.coreos.com/v1", "ServiceMonitor"],
      ["batch/v1beta1", "CronJob"],
      ["v1", "CronJob"],
      ["cert-manager.io/v1alpha2", "Certificate"],
    )
    expect(unknown).toEqual({
      resources: [],
      unknown: [
        "ServiceMonitor (monitoring.coreos.com/v1)",
        "CronJob (batch/v1beta1): the cluster has batch/v1",
        "CronJob (v1)",
        "Certificate (cert-manager.io/v1alpha2): the cluster has cert-manager.io/v1",
      ],
    })
    expect(() => assertKnown(unknown)).toThrow(/KINDS_MISSING: .*\n {2}ServiceMonitor/)
    expect(() => assertKnown(kinds(["v1", "Service"]))).not.toThrow()
  })
})

describe("kinds that the release's own CustomResourceDefinitions define", () => {
  const WIDGETS = crd("widgets.example.com", { versions: { v1alpha1: false, v1: true, v1beta1: true } })
  const withWidgets = (versions: string[], ...objects: [apiVersion: string, kind: string][]) => {
    const all = withCrds(parseApiResources(PRINTED), versions, [WIDGETS])
    return named(
      objects.map(([apiVersion, kind]) => ({ apiVersion, kind })),
      all.known,
      all.versions,
    )
  }
  const resources = [{ group: "example.com", resource: "widgets" }]
  test.each<[string, string, string[], ReturnType<typeof named>]>([
    ["are known", "example.com/v1", VERSIONS, { resources, unknown: [] }],
    ["are known in a version that is not preferred", "example.com/v1beta1", VERSIONS, { resources, unknown: [] }],
    [
      "are not known in a version that is not served",
      "example.com/v1alpha1",
      VERSIONS,
      { resources: [], unknown: ["Widget (example.com/v1alpha1): the cluster has example.com/v1"] },
    ],
    [
      "are not known in another group",
      "example.org/v1",
      VERSIONS,
      { resources: [], unknown: ["Widget (example.org/v1)"] },
    ],
    ["leave open which versions a cluster has that says none", "example.com/v1alpha1", [], { resources, unknown: [] }],
  ])("%s", (_, apiVersion, versions, expected) => {
    expect(withWidgets(versions, [apiVersion, "Widget"])).toEqual(expected)
  })

  test("leave all others as they are", () => {
    expect(withWidgets(VERSIONS, ["v1", "Service"], ["dapr.io/v1alpha1", "Component"])).toEqual({
      resources: [{ group: "", resource: "services" }],
      unknown: ["Component (dapr.io/v1alpha1)"],
    })
  })
})
