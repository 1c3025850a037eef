import { dryRun, refusals } from "../kubernetes/dry-run.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Release } from "../manifests/render.js"
import { together } from "../util/collect-errors.js"
import { CloudNativeError } from "../util/errors.js"
import { assertPodSecurity } from "./pod-security.js"

/** Throw if the API server does not accept the manifests, whatever images they name: a field that is unknown, wrong or immutable, or a pod that the namespace would refuse. */
export async function assertAccepted(kubectl: Kubectl, { config, migrations, objects }: Release): Promise<void> {
  const all = [...config, ...migrations, ...objects]
  const { stderr } = await dryRun(kubectl, all)
  await together(
    () => assertNoRefusal(stderr),
    () => assertPodSecurity(kubectl, all, stderr),
  )
}

function assertNoRefusal(stderr: string): void {
  const problems = refusals(stderr)
  if (problems.length === 0) return
  throw new CloudNativeError({
    code: "MANIFESTS_INVALID",
    blame: "user",
    what: "the API server does not accept the manifests",
    why: problems.join("\n"),
    fix: "correct what it names; a field that is immutable needs another name for the object, or the object deleted beforehand",
  })
}
