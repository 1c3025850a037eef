import { SNAPSHOT_TEMPLATE } from "./cluster.js"
import type { Kubectl } from "./kubectl.js"
import { Snapshot, WATCHED_KINDS } from "./snapshot.js"

/** How the namespace stands at this moment. */
export async function observe(kubectl: Kubectl): Promise<Snapshot> {
  return (await kubectl.get([WATCHED_KINDS], `go-template-file=${SNAPSHOT_TEMPLATE}`, Snapshot))!
}
