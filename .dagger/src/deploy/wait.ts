import { setTimeout as sleep } from "node:timers/promises"

import { CloudNativeError } from "../errors.js"

/** Seconds for which an API server may fail to answer in the middle of a wait: one that is restarted takes half a minute. */
const GRACE = 60

/** For a call of kubectl that is repeated: an API server that hangs must not take longer than one that refuses. */
export const REQUEST_TIMEOUT = "--request-timeout=5s"

/** Ask once a second until there is an answer; the time-out (in seconds) names what was waited for, and `state` how it stood. */
export async function waitUntil<T>(what: string, timeout: number, ask: () => Promise<T | undefined>, state?: () => string): Promise<T> {
  const deadline = Date.now() + timeout * 1000
  let answered = Date.now()
  let isAway = false
  for (;;) {
    const answer = await ask().then(
      value => {
        answered = Date.now()
        isAway = false
        return value
      },
      (error: unknown) => {
        const isPassing = error instanceof CloudNativeError && error.code === "KUBECTL_FAILED" && Date.now() - answered < GRACE * 1000
        if (!isPassing) throw error
        if (!isAway) console.log(`waiting: the API server does not answer: ${lastLine(error.why)}`)
        isAway = true
        return undefined
      },
    )
    if (answer !== undefined) return answer
    if (Date.now() > deadline) {
      throw new CloudNativeError({
        code: "TIMED_OUT",
        blame: "environment",
        what: `waited ${timeout} s for ${what}`,
        why: state?.() || "it did not happen in that time",
        fix: "look at the cluster's events; for migrations and rollouts, --timeout gives more time",
      })
    }
    await sleep(1000)
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)!
}
