import type { Kubectl } from "../kubernetes/kubectl.js"
import { Mirror } from "../kubernetes/mirror.js"
import { INTERVAL, pollUntil, type Waiting } from "../util/poll.js"
import type { Redactor } from "../util/redact.js"
import type { Snapshot } from "./snapshot.js"
import { COLLECTIONS, readerOf, snapshotOf, takeSnapshot } from "./take-snapshot.js"

/**
 * Look at a namespace with every change of it, and twice a second at least, until there is an answer. An answer counts once a look at
 * the API server itself gives one too: events of one collection may be ahead of those of another. `timeout` is in seconds.
 */
export async function watchUntil<T>(
  kubectl: Kubectl,
  redactor: Redactor,
  what: string,
  timeout: number,
  look: (snapshot: Snapshot) => Promise<T | undefined>,
  waiting: Pick<Waiting, "state" | "signal">,
): Promise<T> {
  const api = await kubectl.api()
  const mirror = new Mirror(api, COLLECTIONS, readerOf(redactor))
  const ask = async () => {
    const known = mirror.current
    if (known && (await look(await snapshotOf(api, known, redactor))) === undefined) return undefined
    return look(await takeSnapshot(kubectl, redactor))
  }
  try {
    return await pollUntil(what, timeout, ask, { ...waiting, pause: () => mirror.changed(INTERVAL) })
  } finally {
    mirror.close()
  }
}
