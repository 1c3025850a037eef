import { z } from "zod"

import type { DeepReadonly } from "../util/readonly.js"
import {
  countFailures,
  describeFailure,
  FailureCount,
  isRateLimited,
  remedyFor,
  RequestFailure,
} from "./request-failure.js"
import {
  type Connection,
  CONNECTIONS,
  judge,
  type Judged,
  judgePages,
  type Observation,
  type PageSample,
  type Phase,
  settledStreams,
  STATES,
} from "./samples.js"

/** How the application answered before a deployment: new where there was none. */
export const Baseline = z.enum(["healthy", "broken", "new"])
export type Baseline = z.infer<typeof Baseline>

const Outage = z.object({
  from: z.string(),
  to: z.string(),
  seconds: z.number(),
  failed: z.number(),
  failures: z.array(RequestFailure).describe("Each kind once"),
})

const Counts = z.object({ sent: z.number(), failed: z.number() })

const PageFiles = z.object({
  name: z.string().describe("The page's request"),
  now: Counts.describe("Files that the page named when they were asked for"),
  before: Counts.describe(
    "Files that the page named when the monitor started, and names no more: an open browser asks for them",
  ),
  failures: z
    .array(z.object({ path: z.string(), page: z.enum(STATES), failure: RequestFailure, count: z.number() }))
    .describe("By path and kind, the most frequent first; the first twenty"),
  elsewhere: z
    .array(z.string())
    .optional()
    .describe(
      "Other origins that have files of the page's build (assetPrefix): not asked for; absent where there is none",
    ),
})

const Part = z.object({
  from: z.string().describe("ISO 8601; requests sent from here on count"),
  to: z.string().describe("ISO 8601; up to here"),
  sent: z.number(),
  failed: z.number().describe("Answered with another status or body than expected, or not at all"),
  dropped: z.number().describe("Requests that the monitor could not send in time; users would not have noticed"),
  limited: z
    .number()
    .describe(
      "Requests that the application's rate limit refused (429), or whose sign-in it refused; they are not among those sent",
    ),
  percent: z.number().describe("Of the requests sent, those that did not fail: 0 to 100"),
  latency: z
    .object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
    .describe("Milliseconds until the answer"),
  failures: z.array(FailureCount).describe("By kind, the most frequent first"),
  outages: z.array(Outage).describe("Failures less than a second apart are one outage; its length in seconds"),
  requests: z
    .array(z.object({ name: z.string(), connection: z.enum(CONNECTIONS), sent: z.number(), failed: z.number() }))
    .describe("By request, and by connection: a new one each time, or a kept one"),
})
/** Those that were sent on one path: inside the cluster, or from outside. */
export type Part = DeepReadonly<z.infer<typeof Part>>

const Seconds = z
  .array(z.object({ at: z.string(), sent: z.number(), failed: z.number(), slowest: z.number() }))
  .describe("Second by second; the slowest answer in milliseconds")

const Shape = Part.extend({
  seconds: Seconds,
  pages: z
    .array(PageFiles)
    .default([])
    .describe("The files of the requests that are pages: scripts, styles, fonts, images; not among those sent"),
  outside: Part.extend({ seconds: Seconds.optional() })
    .optional()
    .describe(
      "The requests through the public URL (monitor.outside), not among those sent; absent where there is none",
    ),
})

/** How the monitor's requests ended in a span of time. Earlier reports are read as well. */
export const Availability = z.preprocess(upgrade, Shape)
export type Availability = DeepReadonly<z.infer<typeof Availability>>

/** Milliseconds without a failure after which the next one is another outage. */
const OUTAGE_GAP = 1_000
/** Requests that the edges of the span may cost each request and connection, without any having been dropped. */
const EDGE = 2
/** Files of a page that a report names. */
const NAMED_AT_MOST = 20
/** Part of the requests that may be dropped: with one in ten missing, what is left still shows every half second at the default rate. */
const DROPPED_AT_MOST = 0.1

/** The names of the requests of which one or more failed. */
export function failedRequests(observation: Observation, phases: Phase[], from: number): string[] {
  const nameOf = ({ request }: { request: number }) => observation.requests[request]!.name
  const failed = failuresSince(observation, phases, from).map(nameOf)
  const pages = failedPagesSince(observation, phases, from).map(page => `the files of ${nameOf(page)}`)
  return [...new Set([...failed, ...pages])]
}

/** Pages of which a file failed, in the order in which they were asked for. */
export function failedPagesSince(observation: Observation, phases: Phase[], from: number): PageSample[] {
  return judgePages(observation, phases)
    .filter(page => page.at >= from && countFiles([page]).failed > 0)
    .sort((a, b) => a.at - b.at)
}

/** In the order in which they were sent. */
export function failuresSince(observation: Observation, phases: Phase[], from: number): Judged[] {
  return judge(observation.samples, observation, phases)
    .filter(({ at, failure }) => at >= from && failure && !isRateLimited(failure))
    .sort((a, b) => a.at - b.at)
}

/** What failed from outside alone, each kind once: nothing where anything failed inside. */
export function failedOutside(observation: Observation, phases: Phase[], from: number): Judged[] {
  const failures = failuresSince(observation, phases, from)
  if (failures.some(({ request }) => observation.requests[request]!.inside === undefined)) return []
  return [...new Map(failures.map(each => [describeFailure(each.failure!), each])).values()]
}

/**
 * How the requests ended that were sent since `from` (in milliseconds, by the monitor's clock): of each request and connection up
 * to the first that is still under way; of what failed, all that is known.
 */
export function judgeAvailability(observation: Observation, phases: Phase[], from: number): Availability {
  const { requests } = observation
  const isOutside = (request: number) => requests[request]!.inside !== undefined
  const inside = judgePart(observation, phases, from, request => !isOutside(request))
  const availability = { ...inside, pages: pagesOf(observation, phases, from) }
  if (!requests.some(({ inside: address }) => address !== undefined)) return availability
  return { ...availability, outside: judgePart(observation, phases, from, isOutside) }
}

function judgePart(
  observation: Observation,
  phases: Phase[],
  from: number,
  isPart: (request: number) => boolean,
): Part & Pick<Availability, "seconds"> {
  const streams = settledStreams(observation).map(stream =>
    stream.filter(({ at, request }) => at >= from && isPart(request)),
  )
  const settled = streams.flatMap(stream => judge(stream, observation, phases))
  const failures = failuresSince(observation, phases, from).filter(({ request }) => isPart(request))
  const answered = settled.filter(({ failure }) => !failure)
  const samples = [...answered, ...failures].sort((a, b) => a.at - b.at)
  const latencies = answered.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  return {
    from: iso(samples[0]?.at ?? 0),
    to: iso(samples.at(-1)?.at ?? 0),
    sent: samples.length,
    failed: failures.length,
    dropped: streams.reduce((total, stream) => total + droppedOf(observation, stream), 0),
    limited: settled.filter(({ failure }) => isRateLimited(failure)).length,
    // A monitor that sent nothing has seen nothing.
    percent: samples.length === 0 ? 0 : (100 * answered.length) / samples.length,
    latency: {
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      p99: quantile(latencies, 0.99),
      max: quantile(latencies, 1),
    },
    failures: countFailures(failures.map(({ failure }) => failure!)),
    outages: outagesOf(failures),
    requests: observation.requests.flatMap(({ name }, request) =>
      isPart(request)
        ? CONNECTIONS.map(connection => ({ name, connection, ...countOf(samples, request, connection) }))
        : [],
    ),
    seconds: secondsOf(samples),
  }
}

/** Of pages' files: how many were asked for, and how many failed. */
export function countFiles(pages: DeepReadonly<Pick<PageSample, "now" | "before">[]>): {
  sent: number
  failed: number
} {
  const sum = (count: "sent" | "failed") =>
    pages.reduce((total, { now, before }) => total + now[count] + before[count], 0)
  return { sent: sum("sent"), failed: sum("failed") }
}

/** Whether a request failed, on either path, or a file of a page. */
export function isFailed({ failed, outside, pages }: Pick<Availability, "failed" | "outside" | "pages">): boolean {
  return failed > 0 || (outside?.failed ?? 0) > 0 || countFiles(pages).failed > 0
}

/** Whether nothing is known of the requests, since a rate limit refused every one. */
export function isAllLimited({ sent, limited }: Pick<Part, "sent" | "limited">): boolean {
  return sent === 0 && limited > 0
}

/** What the sign-in ended with, where a rate limit refused it. */
export function limitedSignIn(observation: Observation, phases: Phase[]): RequestFailure | undefined {
  return judge(observation.samples, observation, phases)
    .map(({ failure }) => failure)
    .find(failure => failure?.kind === "sign-in" && isRateLimited(failure))
}

/** The paths of which so much was dropped that what was sent does not show how users were served. */
export function blindParts(availability: Availability): Part[] {
  return partsOf(availability).filter(
    ({ sent, dropped, limited }) => dropped > DROPPED_AT_MOST * (sent + dropped + limited),
  )
}

/** The requests inside the cluster, then those from outside, if there are any. */
export function partsOf({ outside, ...inside }: Availability): Part[] {
  return outside ? [inside, outside] : [inside]
}

/** What a person has to know about requests that neither succeeded nor failed. */
export function remarksOn(availability: Availability): string[] {
  const { pages } = availability
  const sum = (count: "dropped" | "limited") => partsOf(availability).reduce((total, part) => total + part[count], 0)
  const [dropped, limited] = [sum("dropped"), sum("limited")]
  const elsewhere = [...new Set(pages.flatMap(page => page.elsewhere ?? []))]
  return [
    ...(dropped > 0
      ? [`${dropped} requests could not be sent in time, for lack of CPU; users would not have noticed`]
      : []),
    ...(limited > 0
      ? [
          `${limited} requests were refused by the application's rate limit (429) and show nothing: ${remedyFor({ kind: "rate-limited" })}`,
        ]
      : []),
    ...(elsewhere.length > 0
      ? [
          `pages' files at ${elsewhere.join(", ")} (assetPrefix) were not asked for: upload those of a build before its deployment, and keep those of the previous one`,
        ]
      : []),
  ]
}

/** When a release's migrations ran, by the monitor's clock; without an end: they still run. */
export interface MigrationTime {
  migrating: number
  migrated?: number
}

/** Whether the first failure was of a request that was sent while the migrations ran. */
export function beganWithMigrations([first]: { at: number }[], time: MigrationTime | undefined): boolean {
  return (
    first !== undefined && time !== undefined && first.at >= time.migrating && first.at < (time.migrated ?? Infinity)
  )
}

/** Where failures began with a release's migrations and ended with its pods, what ran before can no longer serve. */
export function isCuredByRollout(
  failures: { at: number }[],
  time: MigrationTime | undefined,
  settling: number,
): boolean {
  return beganWithMigrations(failures, time) && failures.every(({ at }) => at < settling)
}

function pagesOf(observation: Observation, phases: Phase[], from: number): Availability["pages"] {
  const counted = judgePages(observation, phases).filter(({ at }) => at >= from)
  return observation.requests.flatMap(({ name, pageEvery }, request) => {
    const own = counted.filter(page => page.request === request)
    if (!pageEvery) return []
    const sum = (state: (typeof STATES)[number]) => ({
      sent: own.reduce((total, page) => total + page[state].sent, 0),
      failed: own.reduce((total, page) => total + page[state].failed, 0),
    })
    const elsewhere = [...new Set(own.flatMap(page => page.elsewhere))]
    const others = elsewhere.length > 0 ? { elsewhere } : {}
    return [{ name, now: sum("now"), before: sum("before"), failures: fileFailures(own), ...others }]
  })
}

function fileFailures(pages: PageSample[]): Availability["pages"][number]["failures"] {
  const counts = new Map<
    string,
    { path: string; page: (typeof STATES)[number]; failure: RequestFailure; count: number }
  >()
  for (const failed of pages.flatMap(({ failures }) => failures)) {
    const key = JSON.stringify(failed)
    const counted = counts.get(key)
    if (counted) counted.count++
    else counts.set(key, { ...failed, count: 1 })
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).slice(0, NAMED_AT_MOST)
}

function countOf(samples: Judged[], request: number, connection: Connection) {
  const own = samples.filter(sample => sample.request === request && sample.connection === connection)
  return { sent: own.length, failed: own.filter(({ failure }) => failure).length }
}

/** What an even rate from the first to the last would have come to, less what was sent. */
function droppedOf({ requests }: Observation, stream: Judged[]): number {
  const last = stream.at(-1)
  if (!last) return 0
  const missing = Math.floor(((last.at - stream[0]!.at) / 1000) * requests[last.request]!.rate) - stream.length
  return missing > EDGE ? missing : 0
}

function outagesOf(failures: Judged[]): Availability["outages"] {
  const runs: Judged[][] = []
  for (const failure of failures) {
    const last = runs.at(-1)
    if (last && failure.at - endOf(last) < OUTAGE_GAP) last.push(failure)
    else runs.push([failure])
  }
  return runs.map(run => {
    const [from, to] = [run[0]!.at, endOf(run)]
    return {
      from: iso(from),
      to: iso(to),
      seconds: Math.round((to - from) / 100) / 10,
      failed: run.length,
      failures: countFailures(run.map(({ failure }) => failure!)).map(({ failure }) => failure),
    }
  })
}

/** An outage lasts until the last request that failed has failed. */
function endOf(run: Judged[]): number {
  return Math.max(...run.map(({ at, milliseconds }) => at + milliseconds))
}

function secondsOf(samples: Judged[]): Availability["seconds"] {
  const seconds = new Map<number, Judged[]>()
  for (const sample of samples) {
    const second = Math.floor(sample.at / 1000) * 1000
    const own = seconds.get(second)
    if (own) own.push(sample)
    else seconds.set(second, [sample])
  }
  return [...seconds].map(([second, own]) => ({
    at: iso(second),
    sent: own.length,
    failed: own.filter(({ failure }) => failure).length,
    slowest: Math.max(...own.map(({ milliseconds }) => milliseconds)),
  }))
}

function quantile(sorted: number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

/** Earlier reports had failures as texts: `errors` by text, and the texts of each outage as `kinds`. */
function upgrade(value: unknown): unknown {
  const old = z.looseObject({ errors: z.record(z.string(), z.number()), outages: z.array(OldOutage) }).safeParse(value)
  if (!old.success) return value
  const { errors, outages, ...rest } = old.data
  const failure = (error: string) => ({ kind: "no-answer", error })
  return {
    limited: 0,
    ...rest,
    failures: Object.entries(errors).map(([error, count]) => ({ failure: failure(error), count })),
    outages: outages.map(({ kinds, ...outage }) => ({
      ...outage,
      failures: kinds.map(failure),
    })),
  }
}

const OldOutage = z.looseObject({ kinds: z.array(z.string()) })
