import { type Answer, APPLY, type Kubectl, list } from "../kubernetes/kubectl.js"
import type { KubernetesObject } from "../manifests/render.js"

/** Prints nothing of what is accepted. */
const SILENCE = 'go-template={{""}}'

/** Apply objects without effect: the answer has only what the API server says against them. */
export function dryRun(kubectl: Kubectl, objects: KubernetesObject[]): Promise<Answer> {
  return kubectl.run([...APPLY, "--dry-run=server", `--output=${SILENCE}`, "--filename=-"], list(objects))
}

/**
 * What it says about the objects themselves. Rights, the namespace and unknown kinds are looked for elsewhere; a policy may
 * refuse what is only wrong with images that are yet to be pushed.
 */
export function refusals(stderr: string): string[] {
  const lines = stderr
    .split("\n")
    .filter(line => OF_AN_OBJECT.test(line) && !OF_A_POLICY.test(line) && !OF_RIGHTS.test(line))
  return [...new Set(lines.map(line => line.replace(NOISE, "").trim()))]
}

/** Of a refusal: a policy of the cluster's. */
export const OF_A_POLICY = /admission webhook|ValidatingAdmissionPolicy/
/** Of a refusal: the caller may not do that, whatever the object. */
const OF_RIGHTS = / cannot \w+ resource "/
const OF_AN_OBJECT = /\((Invalid|BadRequest|Forbidden)\)| is invalid: |typed patch object|ValidationError/
const NOISE =
  /^Error from server( \(\w+\))?: |^error: error validating "STDIN": error validating data: |; if you choose to ignore these errors, .*$/g
