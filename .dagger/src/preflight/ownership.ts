import type { Kubectl } from "../kubernetes/kubectl.js"
import { identityOf } from "../kubernetes/object-ref.js"
import type { KubernetesObject } from "../manifests/render.js"
import { findPresent } from "../release/live-objects.js"
import { assertNotOwned } from "../release/ownership.js"

/** Throw where another name has deployed objects of the release. What cannot be looked at is the permissions' problem. */
export async function assertOwnership(kubectl: Kubectl, name: string, objects: KubernetesObject[]): Promise<void> {
  const { there } = await findPresent(kubectl, name, objects.map(identityOf))
  assertNotOwned(there, kubectl.namespace)
}
