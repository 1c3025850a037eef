import type { KubernetesObject } from "../manifests/render.js"
import { type Answer, APPLY, type Kubectl, list } from "./kubectl.js"

/** Prints nothing of the objects that are accepted. */
const SILENCE = ['--output=go-template={{""}}']

/** Let the API server validate objects, without applying them. By default the answer has nothing but its errors and warnings. */
export function dryRun(kubectl: Kubectl, objects: KubernetesObject[], output = SILENCE): Promise<Answer> {
  return kubectl.persist([...APPLY, "--dry-run=server", ...output, "--filename=-"], list(objects))
}

/**
 * The errors about the objects themselves. Permissions, the namespace and unknown kinds are checked elsewhere; a policy may
 * refuse an object only because its images have not been pushed yet.
 */
export function refusals(stderr: string): string[] {
  const lines = stderr
    // Several causes of one object are a line each.
    .replace(/ ?\n\* /g, "\n* ")
    .replace(/:\n\* /g, ": ")
    .replace(/\n\* /g, "; ")
    .split("\n")
    .filter(line => OF_AN_OBJECT.test(line) && !OF_A_POLICY.test(line) && !OF_RIGHTS.test(line))
  return [...new Set(lines.map(line => line.replace(NOISE, "").trim()))]
}

/** An object refused by a policy of the cluster. */
export const OF_A_POLICY = /admission webhook|ValidatingAdmissionPolicy/
/** Of a refusal: the caller may not do that, whatever the object. */
const OF_RIGHTS = / cannot \w+ resource "/
const OF_AN_OBJECT = /\((Invalid|BadRequest|Forbidden)\)| is invalid: |typed patch object|ValidationError/
const NOISE =
  /^Error from server( \(\w+\))?: |^error: error validating "STDIN": error validating data: |; if you choose to ignore these errors, .*$/g
