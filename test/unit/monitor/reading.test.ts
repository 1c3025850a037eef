import { expect, test } from "vitest"

import { readUntil } from "../../../.dagger/src/monitor/reading.ts"
import { knownUntil, type Observation } from "../../../.dagger/src/monitor/samples.ts"
import { observe, START } from "./observations.ts"

const WANTED = START + 5_000
const answer = (observation: Observation) => (knownUntil(observation) >= WANTED ? "known" : undefined)
/** Reads the log as it is after so many seconds of requests, one reading after the other; the last one again and again. */
function reading(seconds: number[]) {
  let count = 0
  const read = async () => observe(seconds[Math.min(count++, seconds.length - 1)]!)
  return { until: (signal?: AbortSignal) => readUntil(read, answer, signal, 0), readings: () => count }
}

test("a reading that came late, with a log of long ago, is followed by another one", async () => {
  const log = reading([2, 2, 60])
  await expect(log.until()).resolves.toBe("known")
  expect(log.readings()).toBe(3)
})

test("a log that grows slowly is followed for as long as it grows", async () => {
  await expect(reading(Array.from({ length: 60 }, (_, index) => index / 10)).until()).resolves.toBe("known")
})

test("twenty readings in a row without anything new: the monitor has stopped", async () => {
  const log = reading([1, 2, 3])
  await expect(log.until()).resolves.toBeUndefined()
  expect(log.readings()).toBe(22)
})

test("an alarm ends the reading with its reason", async () => {
  const alarm = new AbortController()
  alarm.abort(new Error("requests failed"))
  await expect(reading([1]).until(alarm.signal)).rejects.toThrow("requests failed")
})
