import { APPLY, type Kubectl, list } from "../kubernetes/kubectl.js"
import type { Release } from "../manifests/render.js"
import { CloudNativeError } from "../util/errors.js"

/** Prints nothing of what is accepted. */
const SILENCE = 'go-template={{""}}'

/** Throw where the API server would not take the manifests, whatever images they name: a field that is unknown, wrong or immutable. */
export async function assertAccepted(kubectl: Kubectl, { config, migrations, objects }: Release): Promise<void> {
  const args = [...APPLY, "--dry-run=server", `--output=${SILENCE}`, "--filename=-"]
  const { stderr } = await kubectl.run(args, list([...config, ...migrations, ...objects]))
  const problems = refusals(stderr)
  if (problems.length === 0) return
  throw new CloudNativeError({
    code: "MANIFESTS_INVALID",
    blame: "user",
    what: "the API server does not accept the manifests",
    why: problems.join("\n"),
    fix: "mend what it names above; a field that is immutable takes another name of the object, or its removal beforehand",
  })
}

/**
 * What it says about the objects themselves. Rights, the namespace and unknown kinds are looked for elsewhere; a policy may
 * refuse what is only wrong with images that are yet to be pushed.
 */
export function refusals(stderr: string): string[] {
  const lines = stderr.split("\n").filter(line => OF_AN_OBJECT.test(line) && !OF_A_POLICY.test(line))
  return [...new Set(lines.map(line => line.replace(NOISE, "").trim()))]
}

/** Of a refusal: a policy of the cluster's. */
export const OF_A_POLICY = /admission webhook|ValidatingAdmissionPolicy/
const OF_AN_OBJECT = /\((Invalid|BadRequest)\)| is invalid: |typed patch object|ValidationError/
const NOISE =
  /^Error from server( \(\w+\))?: |^error: error validating "STDIN": error validating data: |; if you choose to ignore these errors, .*$/g
