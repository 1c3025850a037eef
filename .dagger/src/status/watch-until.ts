import { setTimeout as sleep } from "node:timers/promises"

import type { Followed } from "../kubernetes/copies.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import { INTERVAL, pollUntil, type Waiting } from "../util/poll.js"
import type { Redactor } from "../util/redact.js"
import type { Snapshot } from "./snapshot.js"
import { copyNamespace, snapshotOf } from "./take-snapshot.js"

/** Milliseconds for which events are followed before the namespace is listed again: a stream may be silent since it hangs. */
const PERIOD = 2000

/**
 * Look at a namespace with every change of it, and several times a second in any case, until there is an answer. What is looked at is
 * a list, and then what events have made of it, so it never goes back in time. An answer counts if it is that of a list: events of one
 * collection may be ahead of those of another. `timeout` is in seconds.
 */
export async function watchUntil<T>(
  kubectl: Kubectl,
  redactor: Redactor,
  what: string,
  timeout: number,
  look: (snapshot: Snapshot) => Promise<T | undefined>,
  { state, signal }: Pick<Waiting, "state" | "signal">,
): Promise<T> {
  const api = await kubectl.api()
  let copies = await copyNamespace(api, redactor)
  const ask = async () => look(await snapshotOf(api, copies, redactor))
  let followed: Followed = "followed"
  const pause = async () => {
    const begun = Date.now()
    if (followed !== "refused") followed = await copies.follow(PERIOD, async () => (await ask()) !== undefined, signal)
    if (followed !== "followed") await sleep(Math.max(0, INTERVAL - (Date.now() - begun)))
    copies = await copyNamespace(api, redactor)
  }
  return pollUntil(what, timeout, ask, { state, signal, pause })
}
