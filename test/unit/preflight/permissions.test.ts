import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { parseApiResources } from "../../../.dagger/src/preflight/api-resources.ts"
import { named } from "../../../.dagger/src/preflight/kinds.ts"
import { accessReviews, deniedOf, OWN, type Rule, rulesFor } from "../../../.dagger/src/preflight/permissions.ts"
import { ownFile, ownManifests } from "../manifests/files.ts"

const API = parseApiResources(`
configmaps cm v1 true ConfigMap
services svc v1 true Service
serviceaccounts sa v1 true ServiceAccount
deployments deploy apps/v1 true Deployment
horizontalpodautoscalers hpa autoscaling/v2 true HorizontalPodAutoscaler
jobs batch/v1 true Job
networkpolicies netpol networking.k8s.io/v1 true NetworkPolicy
poddisruptionbudgets pdb policy/v1 true PodDisruptionBudget
`)
const OF_THE_SAMPLE = rulesFor(
  named(
    ownManifests().map(({ object }) => object),
    API,
    [],
  ).resources,
)

describe("the Role in docs/permissions.md", () => {
  const page = ownFile("docs/permissions.md")
  const yaml = /```yaml\n(.*?)```/s.exec(page)![1]!

  test("is what the module asks for, with this repository's manifests", () => {
    const expected = OF_THE_SAMPLE.map(({ group, resource, verbs }) => ({
      apiGroups: [group],
      resources: [resource],
      verbs,
    }))
    expect((parse(yaml) as { rules: object[] }).rules).toEqual(expected)
  })

  test("says what each rule is for", () => {
    expect([...yaml.matchAll(/^ {2}# (.*)$/gm)].map(([, reason]) => reason)).toEqual(
      OF_THE_SAMPLE.map(({ reason }) => reason),
    )
  })
})

describe("the rules of a deployment", () => {
  test("name each resource once, with the verbs of all who need it", () => {
    const rules = rulesFor([
      { group: "apps", resource: "deployments" },
      { group: "monitoring.coreos.com", resource: "servicemonitors" },
    ])
    expect(rules).toHaveLength(OWN.length + 1)
    const deployments = rules.find(({ resource }) => resource === "deployments")
    expect(deployments).toMatchObject({
      verbs: ["get", "list", "watch", "create", "patch", "delete"],
      reason: "the rollout; the manifests",
    })
    expect(rules.at(-1)).toMatchObject({
      group: "monitoring.coreos.com",
      resource: "servicemonitors",
      reason: "the manifests",
    })
  })

  test("ask to delete pods only where there is a StatefulSet or a DaemonSet", () => {
    const verbsOf = (resource: string) =>
      rulesFor([{ group: "apps", resource }]).find(rule => rule.resource === "pods")!.verbs
    expect(verbsOf("deployments")).toEqual(["get", "list"])
    for (const set of ["statefulsets", "daemonsets"]) expect(verbsOf(set)).toEqual(["get", "list", "delete"])
  })

  test("never ask for every verb or resource", () => {
    expect(JSON.stringify(OF_THE_SAMPLE)).not.toContain("*")
  })
})

describe("what is denied", () => {
  const rules: Rule[] = [
    { group: "", resource: "pods", verbs: ["get", "list"], reason: "the rollout" },
    { group: "", resource: "pods/log", verbs: ["get"], reason: "logs" },
    { group: "apps", resource: "deployments", verbs: ["get", "list"], reason: "the manifests" },
  ]

  test("is asked for verb by verb, in the namespace", () => {
    const reviews = accessReviews(rules, "shop") as { spec: { resourceAttributes: object } }[]
    expect(reviews).toHaveLength(5)
    expect(reviews[2]!.spec.resourceAttributes).toEqual({
      namespace: "shop",
      verb: "get",
      group: "",
      resource: "pods",
      subresource: "log",
    })
  })

  test.each<[string, string, [string, string[]][]]>([
    ["nothing", "", []],
    ["one verb of one resource", "get pods/log \n", [["pods/log", ["get"]]]],
    [
      "several",
      "list pods \nget deployments apps\nlist deployments apps\n",
      [
        ["pods", ["list"]],
        ["deployments", ["get", "list"]],
      ],
    ],
    ["of another group: not this one", "get deployments extensions\n", []],
  ])("%s", (_, answer, expected) => {
    expect(deniedOf(answer, rules).map(({ resource, verbs }) => [resource, verbs])).toEqual(expected)
  })
})
