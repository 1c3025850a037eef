import { imageProblems } from "./images.js"
import type { Manifest } from "./manifest.js"
import type { Problem } from "./problem.js"
import { backendUrlUnresolved } from "./rules/backend-url.js"
import type { App, Rule } from "./rules/context.js"
import { podNotRestricted } from "./rules/pod-security.js"
import { probeMissing, probesAlike, probeTarget } from "./rules/probes.js"
import { configKeyMissing } from "./rules/references.js"
import { resourcesMissing } from "./rules/resources.js"
import { graceTooShort, preStopMissing, rolloutUnavailable } from "./rules/rollout.js"
import { disruptionBudgetMissing, replicasFixed, scaleTargetMissing } from "./rules/scaling.js"
import { credentialInManifests, secretInManifests } from "./rules/secrets.js"
import { appServiceMissing, serviceSelectsJob, serviceWithoutPods } from "./rules/services.js"
import { tokenProblems } from "./tokens.js"

export { formatProblem, type Problem } from "./problem.js"

const RULES: Rule[] = [
  ({ manifests, apps }) => imageProblems(manifests, Object.keys(apps)),
  ({ manifests }) => tokenProblems(manifests),
  probeMissing,
  probesAlike,
  probeTarget,
  rolloutUnavailable,
  preStopMissing,
  graceTooShort,
  replicasFixed,
  scaleTargetMissing,
  disruptionBudgetMissing,
  podNotRestricted,
  resourcesMissing,
  secretInManifests,
  credentialInManifests,
  configKeyMissing,
  serviceWithoutPods,
  serviceSelectsJob,
  appServiceMissing,
  backendUrlUnresolved,
]

/** Check the manifests against the rules of a safe rolling update; every violation, none when they are fit to deploy. */
export function checkManifests(
  manifests: Manifest[],
  { backend, frontend }: { backend: App; frontend: App },
): Problem[] {
  const context = { manifests, apps: { backend, frontend } }
  return RULES.flatMap(rule => [...rule(context)])
}
