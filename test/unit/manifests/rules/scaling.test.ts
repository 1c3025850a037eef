import { describe, expect, test } from "vitest"

import {
  disruptionBudgetMissing,
  replicasFixed,
  scaleTargetMissing,
} from "../../../../.dagger/src/manifests/rules/scaling.ts"
import { autoscaler, problemsOf, workload } from "./problems.ts"

const TWO = { spec: "replicas: 2" }

describe("replicasFixed: where an autoscaler decides how many pods there are, an apply must not", () => {
  test.each<[why: string, ...manifests: string[]]>([
    ["no replicas", workload(), autoscaler("Deployment", "backend")],
    ["no autoscaler", workload(TWO)],
    ["an autoscaler of another one", workload(TWO), autoscaler("Deployment", "backend-2")],
    ["an autoscaler of another kind", workload(TWO), autoscaler("StatefulSet", "backend")],
    [
      "a custom kind, whose controller may count another way",
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: { name: shop }\nspec: { replicas: 2 }",
      autoscaler("Rollout", "shop"),
    ],
  ])("passes: %s", (_, ...manifests) => {
    expect(problemsOf(replicasFixed, ...manifests)).toEqual([])
  })

  test.each(["Deployment", "StatefulSet"])("fails: a %s with both", kind => {
    expect(problemsOf(replicasFixed, workload({ ...TWO, kind }), autoscaler(kind, "backend"))).toEqual([
      {
        code: "REPLICAS_FIXED",
        at: "replicas: 2",
        what: `${kind} backend: replicas: 2 resets what its HorizontalPodAutoscaler decided at every apply`,
        fix: "remove replicas: the autoscaler's minReplicas says how many there are at least",
      },
    ])
  })
})

describe("scaleTargetMissing: an autoscaler scales something", () => {
  test("passes: what it scales is in the manifests, of any kind", () => {
    const manifests = [workload({ kind: "StatefulSet" }), autoscaler("StatefulSet", "backend")]
    expect(problemsOf(scaleTargetMissing, ...manifests)).toEqual([])
  })
  test.each([
    ["Deployment", "backend-2"],
    ["StatefulSet", "backend"],
  ])("fails: there is no %s %s", (kind, name) => {
    expect(problemsOf(scaleTargetMissing, workload(), autoscaler(kind, name))).toEqual([
      {
        code: "SCALE_TARGET_MISSING",
        at: `name: ${name}`,
        what: `HorizontalPodAutoscaler scaler scales the ${kind} ${name}, which is not in the manifests`,
        fix: "correct spec.scaleTargetRef",
      },
    ])
  })
})

describe("disruptionBudgetMissing: draining nodes leaves pods that serve", () => {
  const budget = (spec: string, kind = "PodDisruptionBudget", apiVersion = "policy/v1") =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: budget }\nspec: ${spec}`

  test.each<[why: string, ...manifests: string[]]>([
    ["a budget selects the pods", workload(), budget("{ selector: { matchLabels: { app: backend } } }")],
    ["what serves no users needs none", workload({ image: "proxy" })],
  ])("passes: %s", (_, ...manifests) => {
    expect(problemsOf(disruptionBudgetMissing, ...manifests)).toEqual([])
  })

  test.each<[why: string, ...manifests: string[]]>([
    ["there is none", workload()],
    [
      "the pods have no labels",
      workload().replace(/ {4}metadata: .*/, ""),
      budget("{ selector: { matchLabels: { app: backend } } }"),
    ],
    ["it selects other pods", workload(), budget("{ selector: { matchLabels: { app: backend-2 } } }")],
    ["it selects more narrowly", workload(), budget("{ selector: { matchLabels: { app: backend, tier: api } } }")],
    ["it has no selector", workload(), budget("{ maxUnavailable: 1 }")],
    [
      "it is of another kind",
      workload(),
      budget("{ selector: { matchLabels: { app: backend } } }", "Pruner", "example.com/v1"),
    ],
  ])("fails: %s", (_, ...manifests) => {
    expect(problemsOf(disruptionBudgetMissing, ...manifests)).toEqual([
      {
        code: "DISRUPTION_BUDGET_MISSING",
        at: "name: backend",
        what: "Deployment backend: no PodDisruptionBudget selects its pods: draining nodes may take all of them at once",
        fix: "add a PodDisruptionBudget with maxUnavailable: 1 and the labels of the pods",
      },
    ])
  })
})
