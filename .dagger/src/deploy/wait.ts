import { setTimeout as sleep } from "node:timers/promises"

import { CloudNativeError } from "../errors.js"

/** Seconds for which an API server may fail to answer in the middle of a wait. */
const GRACE = 30

/** Ask once a second until there is an answer; the time-out (in seconds) names what was waited for. */
export async function waitUntil<T>(what: string, timeout: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + timeout * 1000
  let answered = Date.now()
  for (;;) {
    const answer = await ask().then(
      value => {
        answered = Date.now()
        return value
      },
      (error: unknown) => {
        const isPassing = error instanceof CloudNativeError && error.code === "KUBECTL_FAILED" && Date.now() - answered < GRACE * 1000
        if (!isPassing) throw error
        return undefined
      },
    )
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
