import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Crd } from "../manifests/crds.js"
import { createCrds, missingCrds } from "../preflight/crds.js"
import { pollUntil } from "../util/poll.js"

/** Seconds that the cluster is given to serve new kinds, for which it needs one or two. */
const PATIENCE = 60

/**
 * Create the CustomResourceDefinitions that the cluster lacks, and wait until it serves their kinds. They are the cluster's
 * then: no deployment, rollback or removal changes them.
 */
export async function installCrds(kubectl: Kubectl, crds: Crd[]): Promise<void> {
  let missing = await missingCrds(kubectl, crds)
  if (missing.length === 0) return
  const created = namesOf(missing)
  await createCrds(kubectl, missing)
  const ask = async () => {
    missing = await missingCrds(kubectl, missing)
    return missing.length === 0 || undefined
  }
  await pollUntil("the kinds of new CustomResourceDefinitions to be served", PATIENCE, ask, {
    state: () => `to look further: kubectl describe crd ${namesOf(missing).join(" ")}`,
  })
  console.log(`crds: created for the whole cluster, where they stay: ${created.join(", ")}`)
}

function namesOf(crds: Crd[]): string[] {
  return crds.map(({ object }) => object.metadata.name)
}
