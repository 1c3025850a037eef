import { type Kubectl, succeeded } from "../kubernetes/kubectl.js"
import type { Of } from "../status/snapshot.js"

/** Delete a pod that its set cannot go on with: this very pod, and none that is called the same by now. */
export async function deletePod(kubectl: Kubectl, { metadata: { name, uid } }: Of<"Pod">): Promise<void> {
  console.log(`rollout: deleting the pod ${name}, which is not ready, and of another revision`)
  const args = ["delete", `--raw=/api/v1/namespaces/${kubectl.namespace}/pods/${name}`, "--filename=-"]
  const options = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } }
  const answer = await kubectl.persist(args, JSON.stringify(options))
  if (!/\((NotFound|Conflict)\)/.test(answer.stderr)) succeeded(args, answer)
}
