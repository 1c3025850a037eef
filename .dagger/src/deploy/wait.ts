import { setTimeout as sleep } from "node:timers/promises"

import { CloudNativeError } from "../errors.js"

/** Ask once a second until there is an answer; the time-out (in seconds) names what was waited for. */
export async function waitUntil<T>(what: string, timeout: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + timeout * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) {
      throw new CloudNativeError({
        code: "TIMED_OUT",
        blame: "environment",
        what: `waited ${timeout} s for ${what}`,
        why: "it did not happen in that time",
        fix: "look at the cluster's events; for migrations and rollouts, --timeout gives more time",
      })
    }
    await sleep(1000)
  }
}
