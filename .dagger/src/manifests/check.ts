import { hookProblems } from "./hooks.js"
import { imageProblems } from "./images.js"
import type { Manifest } from "./manifest.js"
import { assertNone, locationOf, type Problem } from "./problem.js"
import { backendUrlUnresolved } from "./rules/backend-url.js"
import { blueGreenImpossible } from "./rules/blue-green.js"
import type { App, Rule } from "./rules/context.js"
import { podNotRestricted } from "./rules/pod-security.js"
import { livenessMissing, probesAlike, probeTarget, readinessMissing } from "./rules/probes.js"
import { configKeyMissing } from "./rules/references.js"
import { resourcesMissing } from "./rules/resources.js"
import { graceTooShort, preStopMissing, rolloutUnavailable } from "./rules/rollout.js"
import { disruptionBudgetMissing, replicasFixed, scaleTargetMissing } from "./rules/scaling.js"
import { credentialInManifests, secretInManifests } from "./rules/secrets.js"
import { appServiceMissing, servicePortUndeclared, serviceSelectsJob, serviceWithoutPods } from "./rules/services.js"
import { secretValueProblems } from "./secret-values.js"
import { sizeProblems } from "./size.js"
import { tokenProblems } from "./tokens.js"
import { waveProblems } from "./waves.js"

export { formatProblem, type Problem } from "./problem.js"

/** What a rollout would fail of, or lose requests to. */
const BLOCKING: Rule[] = [
  ({ manifests, apps }) => imageProblems(manifests, Object.keys(apps)),
  ({ manifests }) => tokenProblems(manifests),
  ({ manifests }) => hookProblems(manifests),
  ({ manifests, apps }) => waveProblems(manifests, Object.keys(apps)),
  ({ manifests }) => sizeProblems(manifests),
  ({ manifests }) => secretValueProblems(manifests),
  readinessMissing,
  probeTarget,
  rolloutUnavailable,
  preStopMissing,
  graceTooShort,
  configKeyMissing,
  serviceWithoutPods,
  serviceSelectsJob,
  appServiceMissing,
  backendUrlUnresolved,
  blueGreenImpossible,
]

/** What a release can be rolled out with, and what goes wrong on another day. */
const ADVISORY: Rule[] = [
  livenessMissing,
  probesAlike,
  servicePortUndeclared,
  replicasFixed,
  scaleTargetMissing,
  disruptionBudgetMissing,
  podNotRestricted,
  resourcesMissing,
  secretInManifests,
  credentialInManifests,
]

/** Check the manifests against the rules of a safe rolling update; every violation, none if they are fit to deploy. */
export function checkManifests(manifests: Manifest[], apps: Record<string, App>): Problem[] {
  return violations([...BLOCKING, ...ADVISORY], manifests, apps)
}

/** The same checks before a deployment: throws if the rollout would fail or lose requests, and prints the other violations as warnings. */
export function assertDeployable(manifests: Manifest[], apps: Record<string, App>): void {
  assertNone(violations(BLOCKING, manifests, apps))
  for (const problem of violations(ADVISORY, manifests, apps))
    console.log(`manifests: warning: ${locationOf(problem)}${problem.what}`)
}

function violations(rules: Rule[], manifests: Manifest[], apps: Record<string, App>): Problem[] {
  return rules.flatMap(rule => [...rule({ manifests, apps })])
}
