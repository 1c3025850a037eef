import { setTimeout as sleep } from "node:timers/promises"

import { knownUntil, type Observation } from "./samples.js"

/** Readings of the monitor's log in a row, a second or more apart, without anything new: it has stopped. */
const READINGS = 20

/**
 * Read the monitor's log until it has the answer; undefined if reading after reading shows nothing new. An outage of the API server
 * makes no readings, so it does not count as silence, and a slow reading is followed by another one.
 */
export async function readUntil<Answer>(
  read: () => Promise<Observation>,
  answer: (observation: Observation) => Answer | undefined,
  signal?: AbortSignal,
  interval = 1000,
): Promise<Answer | undefined> {
  let known = -1
  for (let silent = 0; silent < READINGS; silent++) {
    signal?.throwIfAborted()
    const observation = await read()
    const found = answer(observation)
    if (found !== undefined) return found
    if (knownUntil(observation) > known) silent = 0
    known = knownUntil(observation)
    await pause(interval, signal)
  }
  return undefined
}

/** An alarm ends the pause, too. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await sleep(Math.max(0, milliseconds), undefined, { signal }).catch(() => undefined)
}
