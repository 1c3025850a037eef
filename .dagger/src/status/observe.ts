import { SNAPSHOT_TEMPLATE } from "../kubernetes/connect.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import { isUnscheduled } from "./pod.js"
import { type Of, only, Snapshot, WATCHED_KINDS } from "./snapshot.js"

/** How the namespace stands at this moment; with the cluster's nodes, where a pod has none. */
export async function observe(kubectl: Kubectl): Promise<Snapshot> {
  const snapshot = (await kubectl.get([WATCHED_KINDS], `go-template-file=${SNAPSHOT_TEMPLATE}`, Snapshot))!
  return only(snapshot, "Pod").some(isUnscheduled)
    ? { items: [...snapshot.items, ...(await nodes(kubectl))] }
    : snapshot
}

/** None where the caller may not look at them: a deployment needs no right beyond its namespace. */
async function nodes(kubectl: Kubectl): Promise<Of<"Node">[]> {
  const { exitCode, stdout } = await kubectl.run([
    "get",
    "nodes",
    '--output=go-template={{range .items}}{{or .spec.providerID ""}}{{"\\n"}}{{end}}',
  ])
  return exitCode === 0 ? readNodes(stdout) : []
}

/** One providerID a line. */
export function readNodes(text: string): Of<"Node">[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map(providerID => ({ kind: "Node", spec: { providerID } }))
}
