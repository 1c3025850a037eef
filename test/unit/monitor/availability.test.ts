import { describe, expect, test } from "vitest"

import {
  Availability,
  beganWithMigrations,
  blindParts,
  failedOutside,
  failedPagesSince,
  failedRequests,
  failuresSince,
  isAllLimited,
  isCuredByRollout,
  isFailed,
  judgeAvailability,
  limitedSignIn,
  remarksOn,
} from "../../../.dagger/src/monitor/availability.ts"
import type { RequestFailure } from "../../../.dagger/src/monitor/request-failure.ts"
import type { Observation, PageSample, Phase } from "../../../.dagger/src/monitor/samples.ts"
import { observe, RATE, START, without } from "./observations.ts"

const PHASES: Phase[] = [{ from: 0, versions: [0] }]
const UNAVAILABLE: RequestFailure = { kind: "status", status: 503 }
const REFUSED: RequestFailure = { kind: "refused" }
const between = (after: number, from: number, to: number) => after >= from && after < to
const judged = (observation: Observation, from = 0) => judgeAvailability(observation, PHASES, from)

test("all answered: 100 %, counted by request and connection and by second", () => {
  const availability = judged(observe(5))
  expect(availability).toMatchObject({
    sent: 200,
    failed: 0,
    dropped: 0,
    limited: 0,
    percent: 100,
    failures: [],
    outages: [],
    from: "2026-11-24T10:00:00.000Z",
  })
  expect(availability.requests).toContainEqual({ name: "the tasks", connection: "new", sent: 50, failed: 0 })
  expect(availability.seconds).toHaveLength(5)
  expect(availability.seconds[0]).toEqual({ at: "2026-11-24T10:00:00.000Z", sent: 40, failed: 0, slowest: 10 })
})

test("one failure is less than 100 %", () => {
  const availability = judged(
    observe(5, (after, connection) => (after === 2000 && connection === "new" ? UNAVAILABLE : undefined)),
  )
  expect(availability).toMatchObject({ failed: 1, percent: 99.5, failures: [{ failure: UNAVAILABLE, count: 1 }] })
  expect(availability.outages).toMatchObject([{ seconds: 0, failed: 1, failures: [UNAVAILABLE] }])
})

test("a monitor that sent nothing has seen nothing", () => {
  const availability = judged({ ...observe(0), samples: [] })
  expect(availability.percent).toBe(0)
  expect(availability.latency).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 })
})

test("failures are counted by the request and the connection that they were of", () => {
  const { requests } = judged(
    observe(5, (after, connection, request) =>
      after >= 4000 && connection === "kept" && request === 1 ? REFUSED : undefined,
    ),
  )
  expect(requests).toEqual([
    { name: "the page", connection: "new", sent: 50, failed: 0 },
    { name: "the page", connection: "kept", sent: 50, failed: 0 },
    { name: "the tasks", connection: "new", sent: 50, failed: 0 },
    { name: "the tasks", connection: "kept", sent: 50, failed: 10 },
  ])
})

test("what was counted lasts from the first request that was sent to the last, failed or answered", () => {
  const { from, to, seconds } = judged(observe(3, after => (after < 500 || after >= 2500 ? REFUSED : undefined)))
  expect([from, to]).toEqual(["2026-11-24T10:00:00.000Z", "2026-11-24T10:00:02.950Z"])
  expect(seconds.map(({ at, sent, failed }) => [at.slice(17, 19), sent, failed])).toEqual([
    ["00", 40, 20],
    ["01", 40, 0],
    ["02", 40, 20],
  ])
})

test("latencies are those of all answers, whatever order they came in; a second has its slowest", () => {
  const { samples, ...rest } = observe(5)
  const slower = samples.map((sample, index) => ({ ...sample, milliseconds: samples.length - index }))
  const { latency, seconds } = judged({ ...rest, samples: slower })
  expect(latency).toEqual({ p50: 100, p95: 190, p99: 198, max: 200 })
  expect(seconds.map(({ slowest }) => slowest)).toEqual([200, 190, 180, 170, 160])
})

describe("requests that could not be sent in time", () => {
  const dropping = (seconds: number) => {
    const { samples, ...rest } = observe(10)
    const sent = samples
      .filter(({ at }) => at < START + 2000 || at >= START + 2000 + seconds * 1000)
      .map(sample => (sample.at < START + 2000 ? sample : { ...sample, number: sample.number - seconds * RATE }))
    return judged({ ...rest, samples: sent })
  }

  test("are counted, and fail nothing that a user would have seen", () => {
    const availability = dropping(0.5)
    expect(availability).toMatchObject({ failed: 0, dropped: 16, sent: 380, percent: 100 })
    expect(blindParts(availability)).toEqual([])
    expect(remarksOn(availability)).toEqual([expect.stringMatching(/^16 requests could not be sent/)])
  })

  test("are none while two of each kind may have been before and after it", () => {
    expect(dropping(0.3)).toMatchObject({ dropped: 0 })
    expect(dropping(0.4)).toMatchObject({ dropped: 12 })
  })

  test.each([
    ["one in ten of those that were due is not too many", 10, 0],
    ["one more is", 11, 1],
  ])("%s, the limited ones included", (_, dropped, blind) => {
    expect(blindParts({ ...judged(observe(1)), sent: 80, limited: 10, dropped })).toHaveLength(blind)
  })

  test("are too many where they are more than one in ten", () => {
    expect(dropping(1)).toMatchObject({ sent: 360, dropped: 36 })
    expect(blindParts(dropping(1))).toEqual([])
    expect(blindParts(dropping(2))).toHaveLength(1)
  })
})

test("requests that a rate limit refuses are neither answered nor failed; the remedy is said", () => {
  const availability = judged(
    observe(5, (after, _, request) => (request === 1 && after > 2000 ? { kind: "rate-limited" } : undefined)),
  )
  expect(availability).toMatchObject({ sent: 140, failed: 0, limited: 60, percent: 100, failures: [] })
  expect(remarksOn(availability)).toEqual([expect.stringContaining("lower the request's rate")])
  expect(blindParts(availability)).toEqual([])
})

test.each<
  [what: string, cause: Extract<RequestFailure, { kind: "sign-in" }>["cause"], limited: number, failed: number]
>([
  ["a rate limit: it shows nothing", { kind: "rate-limited" }, 100, 0],
  ["anything else: users cannot sign in either", { kind: "status", status: 401 }, 0, 100],
])("requests without a sign-in, for %s", (_, cause, limited, failed) => {
  const failure: RequestFailure = { kind: "sign-in", step: "log in", cause }
  const observation = observe(5, (__, ___, request) => (request === 1 ? failure : undefined))
  const availability = judged(observation)
  expect(availability).toMatchObject({ limited, failed })
  expect(isFailed(availability)).toBe(failed > 0)
  expect(isAllLimited(availability)).toBe(false)
  expect(failedRequests(observation, PHASES, 0)).toEqual(failed > 0 ? ["the tasks"] : [])
  expect(limitedSignIn(observation, PHASES)).toEqual(limited > 0 ? failure : undefined)
})

test("a rate limit that refuses a request is none that refuses the sign-in", () => {
  expect(
    limitedSignIn(
      observe(1, () => ({ kind: "rate-limited" })),
      PHASES,
    ),
  ).toBeUndefined()
})

test("where a rate limit refuses every request, nothing is known, and nothing has failed", () => {
  const availability = judged(observe(5, () => ({ kind: "rate-limited" })))
  expect(isAllLimited(availability)).toBe(true)
  expect(isFailed(availability)).toBe(false)
  expect(isAllLimited({ sent: 0, limited: 0 })).toBe(false)
})

test("failures less than a second apart are one outage, from the first to the last", () => {
  const availability = judged(
    observe(10, after =>
      between(after, 1000, 3000) ? REFUSED : between(after, 6000, 6500) ? { kind: "timeout" } : undefined,
    ),
  )
  expect(availability.outages).toEqual([
    {
      from: "2026-11-24T10:00:01.000Z",
      to: "2026-11-24T10:00:02.960Z",
      seconds: 2,
      failed: 80,
      failures: [REFUSED],
    },
    {
      from: "2026-11-24T10:00:06.000Z",
      to: "2026-11-24T10:00:06.460Z",
      seconds: 0.5,
      failed: 20,
      failures: [{ kind: "timeout" }],
    },
  ])
})

test.each([
  ["a second", 100, 2],
  ["less than a second", 101, 1],
])("%s after the end of a failure, the next one is of another outage: %i ms, %i", (_, milliseconds, outages) => {
  const { samples, ...rest } = observe(5, (after, connection, request) =>
    (after === 1000 || after === 2100) && connection === "new" && request === 0 ? REFUSED : undefined,
  )
  const slower = samples.map(sample => ({ ...sample, milliseconds }))
  expect(judged({ ...rest, samples: slower }).outages).toHaveLength(outages)
})

test.each([1, 2, 4, 20])("at a rate of %i, what is still under way is not counted, nor missed", rate => {
  const observation = without(observe(5, undefined, rate), ({ connection, request, number }) => {
    return connection === "kept" && request === 0 && number === 3 * rate
  })
  expect(judged(observation)).toMatchObject({ sent: 18 * rate, failed: 0, dropped: 0, percent: 100 })
})

test("a failure counts at once, whatever is still under way", () => {
  const observation = observe(5, (after, connection) =>
    after === 4000 && connection === "new" ? UNAVAILABLE : undefined,
  )
  const isSlow = ({ connection, request, number }: { connection: string; request: number; number: number }) =>
    connection === "new" && request === 0 && number === 30
  expect(judged(without(observation, isSlow))).toMatchObject({ sent: 181, failed: 1, dropped: 0 })
})

test("what was sent before is not counted, where counting begins later", () => {
  const observation = observe(5, after => (after < 2000 ? REFUSED : undefined))
  expect(judged(observation, START + 2000)).toMatchObject({ failed: 0, dropped: 0, sent: 120, percent: 100 })
  expect(failedRequests(observation, PHASES, START + 2000)).toEqual([])
  expect(judged(observation, START + 1950)).toMatchObject({ failed: 2 })
  expect(judged(observe(5), START + 2000)).toMatchObject({ failed: 0, sent: 120 })
})

describe("the files of a page", () => {
  const FAILED = [{ path: "/a.js", page: "before" as const, failure: { kind: "status" as const, status: 404 } }]
  const withPages = (failed: (number: number) => boolean, elsewhere: string[] = []): Observation => {
    const observation = observe(5)
    observation.requests[0]!.pageEvery = 5
    const pages = Array.from({ length: 10 }, (_, index): PageSample => {
      const isFailure = failed(index * 5)
      const before = { sent: 2, failed: isFailure ? 1 : 0 }
      const common = { request: 0, number: index * 5, at: START + index * 500, milliseconds: 20, before }
      return { ...common, now: { sent: 10, failed: 0 }, failures: isFailure ? FAILED : [], elsewhere }
    })
    return { ...observation, pages }
  }

  test("are counted apart from the requests", () => {
    const availability = judged(withPages(() => false))
    const counts = { now: { sent: 100, failed: 0 }, before: { sent: 20, failed: 0 } }
    expect(availability.pages).toEqual([{ name: "the page", ...counts, failures: [] }])
    expect(availability).toMatchObject({ sent: 200, percent: 100 })
    expect(isFailed(availability)).toBe(false)
  })

  test("fail the deployment, by path and kind, though every request was answered", () => {
    const observation = withPages(number => number >= 35)
    const availability = judged(observation)
    expect(availability).toMatchObject({ failed: 0, percent: 100, pages: [{ before: { sent: 20, failed: 3 } }] })
    expect(availability.pages[0]!.failures).toEqual([{ ...FAILED[0], count: 3 }])
    expect(isFailed(availability)).toBe(true)
    expect(failedRequests(observation, PHASES, 0)).toEqual(["the files of the page"])
  })

  test("do not count before counting begins", () => {
    const observation = withPages(number => number < 10)
    expect(isFailed(judged(observation, START + 1000))).toBe(false)
    expect(judged(observation, START + 1000).pages).toMatchObject([{ now: { sent: 80 } }])
    expect(failedRequests(observation, PHASES, START + 500)).toEqual(["the files of the page"])
    expect(failedRequests(observation, PHASES, START + 1000)).toEqual([])
  })

  test("that are elsewhere (assetPrefix) fail nothing, and that they were not asked for is said once", () => {
    const availability = judged(withPages(() => false, ["https://cdn.example.com"]))
    expect(isFailed(availability)).toBe(false)
    expect(availability.pages[0]!.elsewhere).toEqual(["https://cdn.example.com"])
    const twice = { ...availability, pages: [...availability.pages, ...availability.pages] }
    expect(remarksOn(twice)).toEqual([
      expect.stringMatching(/^pages' files at https:\/\/cdn\.example\.com \(assetPrefix\) were not asked for: /),
    ])
  })

  test("of two pages are counted apart", () => {
    const observation = withPages(number => number >= 35)
    observation.requests[1]!.pageEvery = 5
    const pages = [...observation.pages, { ...observation.pages[0]!, request: 1 }]
    expect(judged({ ...observation, pages }).pages).toMatchObject([
      { name: "the page", now: { sent: 100 }, before: { sent: 20, failed: 3 } },
      { name: "the tasks", now: { sent: 10 }, before: { sent: 2, failed: 0 } },
    ])
  })

  test("that failed are told in the order in which they were asked for", () => {
    const observation = withPages(number => number >= 40)
    const moments = (pages: PageSample[]) => failedPagesSince({ ...observation, pages }, PHASES, 0).map(({ at }) => at)
    expect(moments(observation.pages)).toEqual([START + 4000, START + 4500])
    expect(moments(observation.pages.toReversed())).toEqual([START + 4000, START + 4500])
  })

  test("that failed most often are named first, twenty at most", () => {
    const observation = withPages(number => number >= 40)
    const named = (path: string) => ({ ...FAILED[0]!, path })
    const once = Array.from({ length: 21 }, (_, index) => named(`/${index}.js`))
    observation.pages[8]!.failures = [...once, named("/often.js")]
    observation.pages[9]!.failures = [named("/often.js")]
    const { failures } = judged(observation).pages[0]!
    expect(failures).toHaveLength(20)
    expect(failures.slice(0, 2).map(({ path, count }) => [path, count])).toEqual([
      ["/often.js", 2],
      ["/0.js", 1],
    ])
  })

  test("at several other origins are told in one remark, and those of pages that are nowhere else in none", () => {
    const others = judged(withPages(() => false, ["https://a.example.com", "https://b.example.com"]))
    expect(remarksOn(others)).toEqual([
      expect.stringContaining("at https://a.example.com, https://b.example.com (assetPrefix)"),
    ])
    expect(remarksOn(judged(withPages(() => false)))).toEqual([])
  })

  test("are none in a report of an earlier version", () => {
    const { pages: _, ...earlier } = judged(observe(1))
    expect(Availability.parse(earlier).pages).toEqual([])
  })
})

describe("requests from outside", () => {
  const fromOutside = (observation: Observation): Observation => {
    const [first, second] = observation.requests
    return { ...observation, requests: [first!, { ...second!, inside: "http://frontend/" }] }
  }
  const failing = (request: number) =>
    fromOutside(observe(5, (after, _, which) => (which === request && after >= 4000 ? UNAVAILABLE : undefined)))

  test("are counted apart, and fail the deployment by themselves", () => {
    const availability = judged(failing(1))
    expect(availability).toMatchObject({ sent: 100, failed: 0, percent: 100, outages: [] })
    expect(availability.outside).toMatchObject({ sent: 100, failed: 20, percent: 80, outages: [{ failed: 20 }] })
    expect([availability, availability.outside!].map(({ requests }) => requests.map(({ name }) => name))).toEqual([
      ["the page", "the page"],
      ["the tasks", "the tasks"],
    ])
    expect(isFailed(availability)).toBe(true)
    expect(failedRequests(failing(1), PHASES, 0)).toEqual(["the tasks"])
    expect(Availability.parse(JSON.parse(JSON.stringify(availability)))).toEqual(availability)
  })

  test("are not failed by those inside", () => {
    expect(judged(failing(0))).toMatchObject({ failed: 20, outside: { sent: 100, failed: 0, percent: 100 } })
    expect(isFailed(judged(failing(2)))).toBe(false)
  })

  test("are too few by themselves, and are counted among what could not be sent", () => {
    const { samples, ...rest } = fromOutside(observe(10))
    const kept = samples
      .filter(({ at, request }) => request === 0 || at < START + 2000 || at >= START + 6000)
      .map(sample =>
        sample.request === 0 || sample.at < START + 2000 ? sample : { ...sample, number: sample.number - 40 },
      )
    const availability = judged({ ...rest, samples: kept })
    expect(availability.dropped).toBe(0)
    expect(blindParts(availability)).toEqual([availability.outside])
    expect(remarksOn(availability)).toEqual([expect.stringMatching(/^\d+ requests could not be sent/)])
  })

  test("are told apart by what failed, each kind once, unless something failed inside", () => {
    const kindsOf = (observation: Observation) =>
      failedOutside(observation, PHASES, 0).map(({ request, failure }) => [request, failure])
    expect(kindsOf(failing(1))).toEqual([[1, UNAVAILABLE]])
    expect(kindsOf(failing(0))).toEqual([])
    const both = observe(5, after => (after >= 4000 ? UNAVAILABLE : undefined))
    expect(kindsOf(fromOutside(both))).toEqual([])
  })

  test("are none where none was sent", () => expect(judged(observe(1))).not.toHaveProperty("outside"))
})

test("what is broken is named", () => {
  expect(failedRequests(observe(3), PHASES, 0)).toEqual([])
  const broken = observe(3, (_, __, request) => (request === 1 ? { kind: "wrong-body" } : undefined))
  expect(failedRequests(broken, PHASES, 0)).toEqual(["the tasks"])
})

describe("whether the new pods are the cure for what the migrations broke", () => {
  const time = { migrating: START + 1000, migrated: START + 3000 }
  const settling = START + 6000
  const cured = (from: number, to: number) => {
    const observation = observe(10, after => (between(after, from, to) ? UNAVAILABLE : undefined))
    return isCuredByRollout(failuresSince(observation, PHASES, 0), time, settling)
  }
  test.each([
    ["from the migrations until the new pods serve", 2000, 5000, true],
    ["from before the migrations", 500, 5000, false],
    ["from after the migrations", 3500, 5000, false],
    ["also of the new pods", 2000, 8000, false],
    ["never", 0, 0, false],
  ])("failures %s", (_, from, to, expected) => expect(cured(from, to)).toBe(expected))

  test.each([
    ["from the moment of the migrations", [1000], true],
    ["from the moment in which the migrations have ended", [3000], false],
    ["just before the new pods serve", [2000, 5999], true],
    ["in the moment in which the new pods serve", [2000, 6000], false],
  ])("failures %s", (_, after, expected) => {
    expect(
      isCuredByRollout(
        after.map(at => ({ at: START + at })),
        time,
        settling,
      ),
    ).toBe(expected)
  })

  test("without migrations that ran, nothing is theirs", () => {
    expect(isCuredByRollout([{ at: START + 2000 }], undefined, settling)).toBe(false)
    expect(beganWithMigrations([{ at: START + 2000 }], undefined)).toBe(false)
    expect(beganWithMigrations([], time)).toBe(false)
  })

  test("while they run, what begins to fail is theirs", () => {
    expect(beganWithMigrations([{ at: START + 9000 }], { migrating: START + 1000 })).toBe(true)
    expect(beganWithMigrations([{ at: START + 999 }], { migrating: START + 1000 })).toBe(false)
  })
})

test("a report of an earlier version is read: its failures are texts", () => {
  const { failures: _, limited: __, outages: ___, ...rest } = judged(observe(1))
  const outage = { from: "a", to: "b", seconds: 1, failed: 3 }
  const old = { ...rest, errors: { "status 502": 3 }, outages: [{ ...outage, kinds: ["status 502"] }] }
  const failure = { kind: "no-answer", error: "status 502" }
  expect(Availability.parse(old)).toEqual({
    ...rest,
    limited: 0,
    failures: [{ failure, count: 3 }],
    outages: [{ ...outage, failures: [failure] }],
  })
})
