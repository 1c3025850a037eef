import { describe, expect, test } from "vitest"

import { assertKnown, named, parseApiResources } from "../../../.dagger/src/preflight/kinds.ts"

/** As `kubectl api-resources --no-headers` prints it. */
const PRINTED = `
certificates          cert,certs   cert-manager.io/v1             true    Certificate
proxies                            traefik.io/v1alpha1            true    Proxy
probes                prb          monitoring.coreos.com/v1       true    Probe
`

describe("the resources of kinds", () => {
  test.each([
    ["v1", "Service", "services"],
    ["v1", "Endpoints", "endpoints"],
    ["networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"],
    ["networking.k8s.io/v1", "Ingress", "ingresses"],
    ["policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"],
    ["autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"],
    ["batch/v1", "CronJob", "cronjobs"],
  ])("%s %s: %s", (apiVersion, kind, resource) => {
    expect(named([{ apiVersion, kind }], new Map())).toEqual({
      resources: [{ group: apiVersion.includes("/") ? apiVersion.split("/")[0] : "", resource }],
      unknown: [],
    })
  })

  test("that are no part of Kubernetes are as the cluster says, whatever the version", () => {
    const objects = [
      { apiVersion: "traefik.io/v1", kind: "Proxy" },
      { apiVersion: "cert-manager.io/v1", kind: "Certificate" },
    ]
    expect(named(objects, parseApiResources(PRINTED)).resources).toEqual([
      { group: "traefik.io", resource: "proxies" },
      { group: "cert-manager.io", resource: "certificates" },
    ])
  })

  test("that the cluster does not know are named", () => {
    const kinds = named(
      [{ apiVersion: "monitoring.coreos.com/v1", kind: "ServiceMonitor" }],
      parseApiResources(PRINTED),
    )
    expect(() => assertKnown(kinds)).toThrow(/KINDS_MISSING: .*\n {2}ServiceMonitor \(monitoring\.coreos\.com\/v1\)/)
    expect(() => assertKnown(named([{ apiVersion: "v1", kind: "Service" }], new Map()))).not.toThrow()
  })
})
