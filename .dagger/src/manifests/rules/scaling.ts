import { describe, type Manifest } from "../manifest.js"
import { type Problem, problemAt } from "../problem.js"
import { selects } from "../services.js"
import { isKind } from "../shapes.js"
import { type Context, servingDeployments } from "./context.js"

export function* replicasFixed({ manifests }: Context): Generator<Problem> {
  const scaled = scaledTargets(manifests)
  for (const manifest of manifests) {
    const { object } = manifest
    const fixed = (isKind(object, "Deployment") || isKind(object, "StatefulSet")) && object.spec.replicas !== undefined
    if (fixed && scaled.has(describe(object)))
      yield problemAt(manifest, ["spec", "replicas"], {
        code: "REPLICAS_FIXED",
        what: `${describe(object)}: replicas: ${object.spec.replicas} resets what its HorizontalPodAutoscaler decided at every apply`,
        fix: "remove replicas: the autoscaler's minReplicas says how many there are at least",
      })
  }
}

/** The objects that a HorizontalPodAutoscaler scales, as they are described: Deployment backend. */
export function scaledTargets(manifests: Manifest[]): Set<string> {
  const objects = manifests.map(({ object }) => object)
  return new Set(objects.filter(object => isKind(object, "HorizontalPodAutoscaler")).map(targetOf))
}

export function* scaleTargetMissing({ manifests }: Context): Generator<Problem> {
  const there = new Set(manifests.map(({ object }) => describe(object)))
  for (const manifest of manifests) {
    const { object } = manifest
    if (isKind(object, "HorizontalPodAutoscaler") && !there.has(targetOf(object)))
      yield problemAt(manifest, ["spec", "scaleTargetRef", "name"], {
        code: "SCALE_TARGET_MISSING",
        what: `${describe(object)} scales the ${targetOf(object)}, which is not in the manifests`,
        fix: "correct spec.scaleTargetRef",
      })
  }
}

function targetOf({ spec }: { spec: { scaleTargetRef: { kind: string; name: string } } }): string {
  return `${spec.scaleTargetRef.kind} ${spec.scaleTargetRef.name}`
}

export function* disruptionBudgetMissing(context: Context): Generator<Problem> {
  for (const { manifest, object, pods } of servingDeployments(context)) {
    const covered = context.manifests.some(
      ({ object: budget }) =>
        isKind(budget, "PodDisruptionBudget") &&
        selects(budget.spec.selector?.matchLabels, pods.template.metadata?.labels),
    )
    if (!covered)
      yield problemAt(manifest, ["metadata", "name"], {
        code: "DISRUPTION_BUDGET_MISSING",
        what: `${describe(object)}: no PodDisruptionBudget selects its pods: draining nodes may take all of them at once`,
        fix: "add a PodDisruptionBudget with maxUnavailable: 1 and the labels of the pods",
      })
  }
}
