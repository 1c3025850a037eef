import { describe, expect, test } from "vitest"

import { brokenRequests, judgeAvailability, latest, type Flush, type Observation } from "../../.dagger/src/monitor/availability.ts"
import { readFlushes } from "../../.dagger/src/monitor/monitor.ts"

const START = Date.parse("2026-11-24T10:00:00Z")
const RATE = 20

/** A monitor that sends evenly for some seconds, on both kinds of connection; `problem` says what becomes of the request sent then. */
function observe(seconds: number, problem: (after: number, connection: Flush["connection"]) => string | undefined = () => undefined): Observation {
  const flushes = (["new", "kept"] as const).map((connection, user): Flush => {
    const moments = Array.from({ length: seconds * RATE }, (_, index) => (index * 1000) / RATE)
    const sent = moments.map((after, index): Flush["sent"][number] => {
      const kind = problem(after, connection)
      return kind ? [after, 10, index % 2, kind] : [after, 10, index % 2]
    })
    return { user, connection, since: START, until: START + seconds * 1000, sent }
  })
  return { rate: RATE, names: ["the page", "the tasks"], flushes }
}

test("all answered: 100 %, counted by request and connection and by second", () => {
  const availability = judgeAvailability(observe(5))
  expect(availability).toMatchObject({ sent: 200, failed: 0, dropped: 0, percent: 100, errors: {}, outages: [], from: "2026-11-24T10:00:00.000Z" })
  expect(availability.requests).toContainEqual({ name: "the tasks", connection: "new", sent: 50, failed: 0 })
  expect(availability.seconds).toHaveLength(5)
  expect(availability.seconds[0]).toEqual({ at: "2026-11-24T10:00:00.000Z", sent: 40, failed: 0, slowest: 10 })
})

describe("less than 100 %", () => {
  test("one request of all", () => {
    const availability = judgeAvailability(observe(5, (after, connection) => (after === 2000 && connection === "new" ? "status 503" : undefined)))
    expect(availability).toMatchObject({ failed: 1, percent: 99.5, errors: { "status 503": 1 } })
    expect(availability.outages).toMatchObject([{ seconds: 0, failed: 1, kinds: ["status 503"] }])
  })

  test("requests that could not be sent in time", () => {
    const whole = observe(5)
    const flushes = whole.flushes.map(flush => ({ ...flush, sent: flush.sent.filter(([after]) => after < 2000 || after >= 3000) }))
    expect(judgeAvailability({ ...whole, flushes })).toMatchObject({ failed: 0, dropped: 38, sent: 160 })
    expect(judgeAvailability({ ...whole, flushes }).percent).toBeLessThan(100)
  })

  test("nothing was sent at all", () => {
    expect(judgeAvailability({ rate: RATE, names: [], flushes: [] }).percent).toBe(0)
  })
})

test("failures less than a second apart are one outage, from the first to the last", () => {
  const between = (after: number, from: number, to: number) => after >= from && after < to
  const availability = judgeAvailability(
    observe(10, after => (between(after, 1000, 3000) ? "connection refused" : between(after, 6000, 6500) ? "time-out" : undefined)),
  )
  expect(availability.outages).toEqual([
    { from: "2026-11-24T10:00:01.000Z", to: "2026-11-24T10:00:02.960Z", seconds: 2, failed: 80, kinds: ["connection refused"] },
    { from: "2026-11-24T10:00:06.000Z", to: "2026-11-24T10:00:06.460Z", seconds: 0.5, failed: 20, kinds: ["time-out"] },
  ])
})

test("what a user of the monitor has not written down yet is not counted, nor missed", () => {
  const { flushes, ...rest } = observe(5)
  const late = { ...flushes[1]!, until: START + 3000, sent: flushes[1]!.sent.filter(([after]) => after <= 3000) }
  expect(judgeAvailability({ ...rest, flushes: [flushes[0]!, late] })).toMatchObject({ sent: 122, dropped: 0, percent: 100 })
})

test("a failure counts at once, whatever others have not written down yet", () => {
  const { flushes, ...rest } = observe(5, (after, connection) => (after === 4000 && connection === "new" ? "status 502" : undefined))
  const late = { ...flushes[1]!, until: START + 3000, sent: flushes[1]!.sent.filter(([after]) => after <= 3000) }
  expect(judgeAvailability({ ...rest, flushes: [flushes[0]!, late] })).toMatchObject({ failed: 1, dropped: 0, errors: { "status 502": 1 } })
})

test("what was sent before is not counted, where counting begins later", () => {
  const observation = observe(5, after => (after < 2000 ? "connection refused" : undefined))
  expect(judgeAvailability(observation, START + 2000)).toMatchObject({ failed: 0, dropped: 0, sent: 120, percent: 100 })
  expect(brokenRequests(observation, START + 2000)).toEqual([])
  expect(judgeAvailability(observation, START + 1950)).toMatchObject({ failed: 2 })
  expect(latest(observation)).toBe(START + 5000)
})

test("what is broken is named", () => {
  expect(brokenRequests(observe(3))).toEqual([])
  expect(brokenRequests(observe(3, after => ((after / 50) % 2 === 1 ? "wrong body" : undefined)))).toEqual(["the tasks"])
})

test("the log is read line by line, past what k6 says itself", () => {
  const [flush] = observe(1).flushes
  expect(readFlushes(`level=warning msg="Insufficient VUs"\n${JSON.stringify(flush)}\n`)).toEqual([flush])
  expect(() => readFlushes('{"user":1}\n')).toThrow(/BUG/)
})
