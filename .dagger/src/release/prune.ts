import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Identity } from "../kubernetes/object-ref.js"
import { findPresent, listOf, problemsOf } from "./live-objects.js"

/**
 * Delete what of these objects is still this module's. Until they are gone is not waited for: a load balancer takes minutes.
 * Answers with what could not be done.
 */
export async function prune(kubectl: Kubectl, name: string, identities: Identity[]): Promise<string[]> {
  const { there, problems } = await findPresent(kubectl, name, identities)
  const own = there.filter(({ managed }) => managed)
  if (own.length === 0) return problems
  const answer = await kubectl.persist(["delete", "--filename=-", "--ignore-not-found", "--wait=false"], listOf(own))
  return [...problems, ...problemsOf(answer)]
}
