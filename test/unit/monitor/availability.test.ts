import { describe, expect, test } from "vitest"

import {
  brokenRequests,
  judgeAvailability,
  knownUntil,
  latest,
  type Observation,
  type Sample,
} from "../../../.dagger/src/monitor/availability.ts"
import { readSamples } from "../../../.dagger/src/monitor/monitor.ts"

const START = Date.parse("2026-11-24T10:00:00Z")
const RATE = 20

/** A monitor that sends evenly for some seconds, on both kinds of connection; `problem` says what becomes of the request sent then. */
function observe(
  seconds: number,
  problem: (after: number, connection: Sample["connection"]) => string | undefined = () => undefined,
  rate = RATE,
): Observation {
  const samples = (["new", "kept"] as const).flatMap(connection =>
    Array.from({ length: seconds * rate }, (_, number): Sample => {
      const after = (number * 1000) / rate
      const kind = problem(after, connection)
      return { connection, number, at: START + after, milliseconds: 10, ...(kind && { problem: kind }) }
    }),
  )
  return { rate, names: ["the page", "the tasks"], samples }
}

/** The same, of which some is not known. */
function without(observation: Observation, isUnknown: (sample: Sample) => boolean): Observation {
  return { ...observation, samples: observation.samples.filter(sample => !isUnknown(sample)) }
}

test("all answered: 100 %, counted by request and connection and by second", () => {
  const availability = judgeAvailability(observe(5))
  expect(availability).toMatchObject({
    sent: 200,
    failed: 0,
    dropped: 0,
    percent: 100,
    errors: {},
    outages: [],
    from: "2026-11-24T10:00:00.000Z",
  })
  expect(availability.requests).toContainEqual({ name: "the tasks", connection: "new", sent: 50, failed: 0 })
  expect(availability.seconds).toHaveLength(5)
  expect(availability.seconds[0]).toEqual({ at: "2026-11-24T10:00:00.000Z", sent: 40, failed: 0, slowest: 10 })
})

describe("less than 100 %", () => {
  test("one request of all", () => {
    const availability = judgeAvailability(
      observe(5, (after, connection) => (after === 2000 && connection === "new" ? "status 503" : undefined)),
    )
    expect(availability).toMatchObject({ failed: 1, percent: 99.5, errors: { "status 503": 1 } })
    expect(availability.outages).toMatchObject([{ seconds: 0, failed: 1, kinds: ["status 503"] }])
  })

  test("requests that could not be sent in time", () => {
    const { samples, ...rest } = observe(5)
    const sent = samples
      .filter(({ at }) => at < START + 2000 || at >= START + 3000)
      .map(sample => (sample.at < START + 2000 ? sample : { ...sample, number: sample.number - RATE }))
    expect(judgeAvailability({ ...rest, samples: sent })).toMatchObject({ failed: 0, dropped: 38, sent: 160 })
    expect(judgeAvailability({ ...rest, samples: sent }).percent).toBeLessThan(100)
  })

  test("nothing was sent at all", () => {
    expect(judgeAvailability({ rate: RATE, names: [], samples: [] }).percent).toBe(0)
  })
})

test("failures less than a second apart are one outage, from the first to the last", () => {
  const between = (after: number, from: number, to: number) => after >= from && after < to
  const availability = judgeAvailability(
    observe(10, after =>
      between(after, 1000, 3000) ? "connection refused" : between(after, 6000, 6500) ? "time-out" : undefined,
    ),
  )
  expect(availability.outages).toEqual([
    {
      from: "2026-11-24T10:00:01.000Z",
      to: "2026-11-24T10:00:02.960Z",
      seconds: 2,
      failed: 80,
      kinds: ["connection refused"],
    },
    { from: "2026-11-24T10:00:06.000Z", to: "2026-11-24T10:00:06.460Z", seconds: 0.5, failed: 20, kinds: ["time-out"] },
  ])
})

test.each([1, 2, 4, 20])(
  "at a rate of %i, what is still under way is not counted, nor missed, nor is what was sent after it",
  rate => {
    const isSlow = ({ connection, at }: Sample) => connection === "kept" && at === START + 3000
    const observation = without(observe(5, undefined, rate), isSlow)
    expect(judgeAvailability(observation)).toMatchObject({ sent: 8 * rate, failed: 0, dropped: 0, percent: 100 })
    expect(knownUntil(observation)).toBe(START + 3000 - 1000 / rate)
    expect(knownUntil(observe(5, undefined, rate))).toBe(START + 5000 - 1000 / rate)
  },
)

test("nothing is known while of one kind of connection nothing is", () => {
  expect(knownUntil(without(observe(5), ({ connection }) => connection === "new"))).toBe(0)
})

test("a failure counts at once, whatever is still under way", () => {
  const isSlow = ({ connection, at }: Sample) => connection === "new" && at === START + 3000
  const observation = observe(5, (after, connection) =>
    after === 4000 && connection === "new" ? "status 502" : undefined,
  )
  expect(judgeAvailability(without(observation, isSlow))).toMatchObject({
    sent: 161,
    failed: 1,
    dropped: 0,
    errors: { "status 502": 1 },
  })
})

test("what was sent before is not counted, where counting begins later", () => {
  const observation = observe(5, after => (after < 2000 ? "connection refused" : undefined))
  expect(judgeAvailability(observation, START + 2000)).toMatchObject({ failed: 0, dropped: 0, sent: 120, percent: 100 })
  expect(brokenRequests(observation, START + 2000)).toEqual([])
  expect(judgeAvailability(observation, START + 1950)).toMatchObject({ failed: 2 })
  expect(latest(observation)).toBe(START + 4960)
})

test("what is broken is named", () => {
  expect(brokenRequests(observe(3))).toEqual([])
  expect(brokenRequests(observe(3, after => ((after / 50) % 2 === 1 ? "wrong body" : undefined)))).toEqual([
    "the tasks",
  ])
})

test("the log is read line by line, past what k6 says itself", () => {
  const log = `level=warning msg="Request Failed"\n["new",7,${START},12]\n["kept",8,${START},5000,"time-out"]\n`
  expect(readSamples(log)).toEqual([
    { connection: "new", number: 7, at: START, milliseconds: 12 },
    { connection: "kept", number: 8, at: START, milliseconds: 5000, problem: "time-out" },
  ])
  expect(() => readSamples('["new",1]\n')).toThrow(/BUG/)
})
