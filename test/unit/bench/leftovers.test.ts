import { describe, expect, test } from "vitest"

import { type Found, leftovers } from "../../bench/leftovers.ts"

const object = (kind: string, name: string, more: Partial<Found["metadata"]> = {}, owner?: string): Found => {
  const [ownerKind = "", ownerName = ""] = owner?.split("/") ?? []
  return {
    kind,
    metadata: { name, ...more, ...(owner && { ownerReferences: [{ kind: ownerKind, name: ownerName }] }) },
  }
}
const record = (id: number, ...inventory: string[]) =>
  object("Secret", `cloud-native-release-${10 + id}`, {
    labels: { "cloud-native/record": "release" },
    annotations: { "cloud-native/inventory": inventory.join(",") },
  })
const report = (id: number) =>
  object("ConfigMap", `cloud-native-report-${10 + id}`, { labels: { "cloud-native/record": "report" } })
const replicaSet = (revision: number) =>
  object(
    "ReplicaSet",
    `web-${revision}`,
    { annotations: { "deployment.kubernetes.io/revision": String(revision) } },
    "Deployment/web",
  )

const BEFORE = [object("ConfigMap", "kube-root-ca.crt"), object("Deployment", "postgres")]
const WEB = { ...object("Deployment", "web"), spec: { revisionHistoryLimit: 2 } }
const RELEASED = ["apps/v1/Deployment/web", "v1/Service/web", "v1/ConfigMap/web-config-b", "batch/v1/Job/migrate-b"]
const CLEAN = [
  ...BEFORE,
  WEB,
  replicaSet(1),
  replicaSet(2),
  replicaSet(3),
  object("Pod", "web-3-x", {}, "ReplicaSet/web-3"),
  object("Service", "web"),
  object("Endpoints", "web"),
  object("EndpointSlice", "web-x", {}, "Service/web"),
  object("ConfigMap", "web-config-a"),
  object("ConfigMap", "web-config-b"),
  object("Job", "migrate-b"),
  object("Pod", "migrate-b-x", {}, "Job/migrate-b"),
  record(1, "v1/ConfigMap/web-config-a", "batch/v1/Job/migrate-a"),
  record(2, ...RELEASED),
  report(1),
  report(2),
]

test("what a release, its records and Kubernetes need is not a leftover", () => {
  expect(leftovers(CLEAN, BEFORE)).toEqual([])
})

describe("left over is", () => {
  test.each<[string, Found, string[]]>([
    ["the monitor's Job", object("Job", "monitor-1"), ["Job/monitor-1"]],
    ["a pod of nobody", object("Pod", "x"), ["Pod/x"]],
    ["a pod whose owner has gone", object("Pod", "web-0-x", {}, "ReplicaSet/web-0"), ["Pod/web-0-x"]],
    ["the Lease", object("Lease", "cloud-native-app"), ["Lease/cloud-native-app"]],
    ["the migration of an earlier release", object("Job", "migrate-a"), ["Job/migrate-a"]],
    ["settings of no release that is kept", object("ConfigMap", "web-config-0"), ["ConfigMap/web-config-0"]],
    ["a ReplicaSet beyond revisionHistoryLimit, and not the latest one", replicaSet(4), ["ReplicaSet/web-1"]],
  ])("%s", (_, stray, expected) => {
    expect(leftovers([...CLEAN, stray], BEFORE)).toEqual(expected)
  })

  test("an eleventh report", () => {
    const reports = Array.from({ length: 9 }, (_, index) => report(index + 3))
    expect(leftovers([...CLEAN, ...reports], BEFORE)).toEqual(["ConfigMap/cloud-native-report-11"])
  })
})
