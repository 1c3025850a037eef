import { describe, expect, test } from "vitest"

import {
  arrivedAt,
  judge,
  judgePages,
  knownUntil,
  latest,
  type PageSample,
  type Phase,
  readPages,
  readSamples,
  settledStreams,
  warmedUp,
} from "../../../.dagger/src/monitor/samples.ts"
import { observe, START, without } from "./observations.ts"

const REFUSED = { kind: "refused" as const }
const NOT_FOUND = { kind: "status" as const, status: 404 }
const PHASES: Phase[] = [{ from: 0, versions: [0] }]

test("the log is read line by line, past what k6 says itself", () => {
  const log = `level=warning msg="Request Failed"\n["new",1,7,${START},12]\n["kept",0,8,${START},5000,[{"kind":"timeout"},null]]\n`
  expect(readSamples(log)).toEqual([
    { connection: "new", request: 1, number: 7, at: START, milliseconds: 12 },
    { connection: "kept", request: 0, number: 8, at: START, milliseconds: 5000, failures: [{ kind: "timeout" }, null] },
  ])
  expect(() => readSamples('["new",1]\n')).toThrow(/^BUG: a line of the monitor is not of the shape/)
})

test("connections that were open may lead to the old version for longer than new ones", () => {
  const wrongForNew = () => ({ kind: "wrong-body" as const })
  const moved: Phase[] = [{ from: 0, versions: [1], kept: [0, 1] }]
  const samples = readSamples(
    `["new",0,0,${START},5,[null,${JSON.stringify(wrongForNew())}]]\n["kept",0,0,${START},5,[null,${JSON.stringify(wrongForNew())}]]\n`,
  )
  const { requests } = observe(1)
  requests[0]!.expect = [{ status: 200 }, { status: 200 }]
  const judged = (phases: Phase[]) => judge(samples, { requests, samples, pages: [] }, phases)
  expect(judged(moved).map(({ connection, failure }) => [connection, failure?.kind])).toEqual([
    ["new", "wrong-body"],
    ["kept", undefined],
  ])
  expect(judged([{ from: 0, versions: [1] }]).every(({ failure }) => failure)).toBe(true)
})

describe("new connections lead to the version that was coming", () => {
  const WRONG = { kind: "wrong-body" as const }
  /** Fifteen seconds of answers, of which those until a moment are the old version's. */
  const until = (moment: number, connection: "new" | "kept" = "new") => {
    const observation = observe(15)
    for (const sample of observation.samples)
      if (sample.connection === connection && sample.at < START + moment) sample.failures = [null, WRONG]
    return observation
  }
  const heard = (observation: ReturnType<typeof observe>, after: number) =>
    without(observation, ({ at }) => at > START + after)

  test.each([
    ["at once", until(1000), 1000],
    ["after the last answer of the old one", until(2500), 2460],
    ["whatever those do that were open", until(2500, "kept"), 1000],
    ["after ten seconds at the latest", until(15_000), 11_000],
    [
      "where an answer that is right for neither came last",
      observe(15, after => (after > 2000 ? WRONG : undefined)),
      1000,
    ],
  ])("%s", (_, observation, arrived) => {
    expect(arrivedAt(observation, START + 1000, 0, 1)).toBe(START + arrived)
  })

  test("once none of the old one has come for a second", () => {
    expect(arrivedAt(heard(until(2500), 3300), START + 1000, 0, 1)).toBeUndefined()
    expect(arrivedAt(heard(until(2500), 3500), START + 1000, 0, 1)).toBe(START + 2460)
  })
})

test("the files of pages have lines of their own", () => {
  const log = `["new",0,3,${START},12]\n["page",0,3,${START},40,12,0,2,1,[["/a.js","before",{"kind":"status","status":404}]],["https://cdn.example.com"]]\n`
  expect(readSamples(log)).toHaveLength(1)
  expect(readPages(log)).toEqual([
    {
      request: 0,
      number: 3,
      at: START,
      milliseconds: 40,
      now: { sent: 12, failed: 0 },
      before: { sent: 2, failed: 1 },
      failures: [{ path: "/a.js", page: "before", failure: NOT_FOUND }],
      elsewhere: ["https://cdn.example.com"],
    },
  ])
  expect(() => readPages('["page",1]\n')).toThrow(/^BUG: a line of the monitor is not of the shape/)
})

describe("a page's files", () => {
  const counts = { sent: 3, failed: 0 }
  const page = (number: number): PageSample => {
    const at = START + number * 100
    return { request: 0, number, at, milliseconds: 20, now: counts, before: counts, failures: [], elsewhere: [] }
  }
  const observation = { ...observe(5), pages: [0, 5, 10, 20].map(page) }
  observation.requests[0]!.pageEvery = 5

  test("are known up to the first that are still under way", () => {
    expect(knownUntil(observation)).toBe(START + 1500)
    expect(knownUntil({ ...observation, pages: [] })).toBe(0)
  })

  test("are known as far as those of every page are", () => {
    const requests = observation.requests.map(request => ({ ...request, pageEvery: 5 }))
    const later = [0, 5].map(number => ({ ...page(number), request: 1 }))
    expect(knownUntil({ ...observation, requests, pages: [...observation.pages, ...later] })).toBe(START + 1000)
    expect(knownUntil({ ...observation, requests, pages: [...later, ...observation.pages] })).toBe(START + 1000)
  })

  test("count where every version that runs promises the page", () => {
    const requests = [{ ...observation.requests[0]!, expect: [null, { status: 200 }] }]
    const phases = [
      { from: 0, versions: [0] },
      { from: START + 400, versions: [0, 1] },
      { from: START + 900, versions: [1] },
    ]
    expect(judgePages({ ...observation, requests }, phases).map(({ number }) => number)).toEqual([10, 20])
  })
})

test("it is known how a request ended up to the first that is still under way", () => {
  const observation = observe(5)
  expect(latest(observation.samples)).toBe(START + 4960)
  expect(knownUntil(observation)).toBe(START + 5000)
  const slow = without(
    observation,
    ({ connection, request, number }) => connection === "kept" && !request && number === 30,
  )
  expect(knownUntil(slow)).toBe(START + 3000)
})

test("the requests of each kind and connection are in the order in which they were sent, however they were written", () => {
  const { samples, ...rest } = observe(3)
  for (const written of [samples, samples.toReversed()]) {
    const streams = settledStreams({ ...rest, samples: written })
    expect(streams.map(([first]) => `${first!.request} ${first!.connection}`)).toEqual([
      "0 new",
      "0 kept",
      "1 new",
      "1 kept",
    ])
    for (const stream of streams) expect(stream.map(({ number }) => number)).toEqual([...Array(30).keys()])
  }
})

test("nothing is known while of one kind of connection nothing is", () => {
  expect(knownUntil(without(observe(5), ({ connection }) => connection === "new"))).toBe(0)
})

describe("an answer is right if it is right for a version that may have given it", () => {
  const sample = { connection: "new" as const, request: 0, number: 0, at: START, milliseconds: 10 }
  const judged = (failures: typeof sample & { failures?: object[] }, phases: Phase[], expect = [{}, {}]) =>
    judge([failures as never], { requests: [{ expect }] as never, samples: [], pages: [] }, phases)
  const onlyNew = { ...sample, failures: [NOT_FOUND, null] as never }
  const onlyOld = { ...sample, failures: [null, NOT_FOUND] as never }
  const BEFORE = [{ from: 0, versions: [0] }]
  const ROLLING = [...BEFORE, { from: START - 1000, versions: [0, 1] }]
  const AFTER = [...ROLLING, { from: START - 500, versions: [1] }]

  test.each([
    ["before the rollout, by what runs", onlyOld, BEFORE, undefined],
    ["before the rollout, not by what is coming", onlyNew, BEFORE, NOT_FOUND],
    ["during it, by what ran", onlyOld, ROLLING, undefined],
    ["during it, by what is coming", onlyNew, ROLLING, undefined],
    ["after it, by what came", onlyNew, AFTER, undefined],
    ["after it, not by what ran", onlyOld, AFTER, NOT_FOUND],
    ["sent before the rollout and answered during it, by either", { ...onlyNew, at: START - 1005 }, ROLLING, undefined],
    ["before the rollout that follows, not by what is coming", { ...onlyNew, at: START - 1011 }, ROLLING, NOT_FOUND],
    [
      "answered in the moment in which the rollout begins, by either",
      { ...onlyNew, at: START - 1010 },
      ROLLING,
      undefined,
    ],
    ["sent in the moment in which it ends, not by what ran", { ...onlyOld, at: START - 500 }, AFTER, NOT_FOUND],
    ["wrong for both", { ...sample, failures: [NOT_FOUND, REFUSED] as never }, ROLLING, REFUSED],
  ])("%s", (_, given, phases, failure) => {
    expect(judged(given, phases)).toMatchObject([failure ? { failure } : { number: 0 }])
    expect(judged(given, phases)[0]!.failure).toEqual(failure)
  })

  test("a request that one of them does not promise to answer does not count", () => {
    expect(judged(onlyOld, ROLLING, [{}, null!])).toEqual([])
    expect(judged(onlyOld, BEFORE, [{}, null!])).toHaveLength(1)
    expect(judged(onlyNew, AFTER, [null!, {}])).toHaveLength(1)
  })
})

describe("the monitor's first requests", () => {
  test("a network that opens after 1.2 s: requests count from the first answer of the last of them", () => {
    expect(
      warmedUp(
        observe(5, after => (after < 1200 ? REFUSED : undefined)),
        PHASES,
      ),
    ).toBe(START + 1250)
  })

  test("of which one connection of one request is late", () => {
    const late = observe(5, (after, connection, request) =>
      connection === "kept" && request === 1 && after < 3000 ? REFUSED : undefined,
    )
    expect(warmedUp(late, PHASES)).toBe(START + 3050)
  })

  test("an application that never answers: not yet, then after some seconds", () => {
    expect(
      warmedUp(
        observe(5, () => REFUSED),
        PHASES,
      ),
    ).toBeUndefined()
    expect(
      warmedUp(
        observe(11, () => REFUSED),
        PHASES,
      ),
    ).toBe(START + 10_000)
  })

  test("refused by a rate limit is answered, or without the sign-in that it refuses; nothing sent is not", () => {
    const limited = { kind: "rate-limited" as const }
    for (const failure of [limited, { kind: "sign-in" as const, step: "log in", cause: limited }])
      expect(
        warmedUp(
          observe(1, () => failure),
          PHASES,
        ),
      ).toBe(START + 50)
    expect(warmedUp(observe(0), PHASES)).toBeUndefined()
  })

  test("an application that has not answered for ten seconds, to the millisecond", () => {
    const { samples, ...rest } = observe(10, () => REFUSED)
    const until = (milliseconds: number) =>
      warmedUp({ ...rest, samples: samples.map(sample => ({ ...sample, milliseconds })) }, PHASES)
    expect(until(49)).toBeUndefined()
    expect(until(50)).toBe(START + 10_000)
  })

  test.each<[string, Phase[]]>([
    ["that what runs does not know", PHASES],
    ["that one of two versions does not know", [{ from: 0, versions: [0, 1] }]],
    ["that what ran does not know", [...PHASES, { from: START + 1000, versions: [1] }]],
  ])("a request %s is not waited for", (_, phases) => {
    const observation = observe(2, (_, __, request) => (request === 1 ? NOT_FOUND : undefined))
    observation.requests[1]!.expect = [null, { status: 200 }]
    expect(warmedUp(observation, phases)).toBe(START)
  })
})
