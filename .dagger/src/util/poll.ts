import { setTimeout as sleep } from "node:timers/promises"

import { CloudNativeError } from "./errors.js"

export interface Waiting {
  /** How things stand, for the error of a wait that was too long. */
  state?: () => string | Promise<string>
  /** Ends the wait with its reason. */
  signal?: AbortSignal
  /** Waits until it is worth asking again. Default: half a second. */
  pause?: () => Promise<void>
}

/** Milliseconds between two questions. */
export const INTERVAL = 500

/** Ask, by default twice a second, until there is an answer; the time-out (in seconds) names what was waited for. */
export async function pollUntil<T>(
  what: string,
  timeout: number,
  ask: () => Promise<T | undefined>,
  { state, signal, pause = () => sleep(INTERVAL) }: Waiting = {},
): Promise<T> {
  const deadline = Date.now() + timeout * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    signal?.throwIfAborted()
    if (Date.now() > deadline) {
      throw new CloudNativeError({
        code: "TIMED_OUT",
        blame: "environment",
        what: `waited ${timeout} s for ${what}`,
        evidence: await state?.(),
        why: `after ${timeout} s, still waiting for ${what}`,
        fix: "check the cluster's events; for migrations and rollouts, --timeout gives more time",
      })
    }
    await pause()
  }
}
