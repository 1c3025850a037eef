import { z } from "zod"

import { readShape } from "../util/json.js"
import { isRateLimited, RequestFailure } from "./request-failure.js"
import type { MonitoredRequest } from "./scenario.js"

export const CONNECTIONS = ["new", "kept"] as const
export type Connection = (typeof CONNECTIONS)[number]

/** How one request ended. */
export interface Sample {
  connection: Connection
  /** Its request, as an index. */
  request: number
  /** Among those of its request and connection, from 0, in the order in which they were sent. */
  number: number
  /** Milliseconds since 1970 at which it was sent, and milliseconds until the answer. */
  at: number
  milliseconds: number
  /** By version: what is wrong with the answer, null where nothing is. Absent: it is right for all. */
  failures?: (RequestFailure | null)[]
}

/** The files of a page: those that it names now, or those that it named when the monitor started and names no more. */
export const STATES = ["now", "before"] as const

const FileFailure = z.tuple([z.string(), z.enum(STATES), RequestFailure])

/** How the files of a page were answered once. */
export interface PageSample {
  /** The page's request, as an index, and its number on new connections. */
  request: number
  number: number
  at: number
  milliseconds: number
  now: { sent: number; failed: number }
  before: { sent: number; failed: number }
  /** Path, and what is wrong with the answer; some of those that failed. */
  failures: { path: string; page: (typeof STATES)[number]; failure: RequestFailure }[]
  /** Other origins that have files of the page's build (assetPrefix), which were not asked for. */
  elsewhere: string[]
}

/** What the monitor has written so far. */
export interface Observation {
  requests: Pick<MonitoredRequest, "name" | "to" | "rate" | "expect" | "pageEvery" | "inside">[]
  samples: Sample[]
  pages: PageSample[]
}

/** From when on, by the monitor's clock, which versions run. */
export interface Phase {
  from: number
  versions: number[]
  /** What answers on kept connections, where that may be another one: they lead to where they were opened. */
  kept?: number[]
}

/** A sample that counts. */
export interface Judged extends Sample {
  failure?: RequestFailure
}

/** Milliseconds for which a request that was never answered may be the monitor's own network. */
const WARM_UP = 10_000

/** Milliseconds in which a node leads new connections to other pods: kube-proxy makes a change a second at most, and takes longer where there are many. */
const SPREAD = 10_000
/** Milliseconds without an answer of the old version after which none is to come. */
const QUIET = 1_000

/** A line of a page's files begins so. */
const PAGE = '["page",'
const Head = [z.enum(CONNECTIONS), z.number(), z.number(), z.number(), z.number()] as const
const Line = z.union([z.tuple([...Head]), z.tuple([...Head, z.array(RequestFailure.nullable())])])

const counts = [z.number(), z.number(), z.number(), z.number()] as const
const PageLine = z.tuple([
  z.literal("page"),
  ...(Head.slice(1) as [z.ZodNumber, z.ZodNumber, z.ZodNumber, z.ZodNumber]),
  ...counts,
  z.array(FileFailure),
  z.array(z.string()),
])

/** One a line: connection, request, number, moment, milliseconds, and what is wrong, where anything is. k6 writes lines of its own among them. */
export function readSamples(log: string): Sample[] {
  return log
    .split("\n")
    .filter(line => line.startsWith('["') && !line.startsWith(PAGE))
    .map(line => readShape(Line, JSON.parse(line), "a line of the monitor"))
    .map(([connection, request, number, at, milliseconds, failures]) => ({
      connection,
      request,
      number,
      at,
      milliseconds,
      ...(failures && { failures }),
    }))
}

/** One a line: request, number, moment, milliseconds, then of files sent and failed, now and before, what failed, and origins. */
export function readPages(log: string): PageSample[] {
  return log
    .split("\n")
    .filter(line => line.startsWith(PAGE))
    .map(line => readShape(PageLine, JSON.parse(line), "a line of the monitor"))
    .map(([, request, number, at, milliseconds, now, nowFailed, before, beforeFailed, failures, elsewhere]) => ({
      request,
      number,
      at,
      milliseconds,
      now: { sent: now, failed: nowFailed },
      before: { sent: before, failed: beforeFailed },
      failures: failures.map(([path, page, failure]) => ({ path, page, failure })),
      elsewhere,
    }))
}

/** The last moment that the monitor has written of, by its own clock; 0 where there is none. */
export function latest(samples: Sample[]): number {
  return samples.reduce((last, { at, milliseconds }) => Math.max(last, at + milliseconds), 0)
}

/** Per request and connection: all that was sent before the first that is still under way. */
export function settledStreams({ requests, samples }: Observation): Sample[][] {
  const streams = requests.flatMap((_, request) =>
    CONNECTIONS.map(connection => samples.filter(item => item.request === request && item.connection === connection)),
  )
  return streams.map(stream => settled(stream))
}

/** What comes before the first gap among numbers that are so far apart. */
function settled<Numbered extends { number: number }>(stream: Numbered[], step = 1): Numbered[] {
  const sorted = stream.sort((a, b) => a.number - b.number)
  const gap = sorted.findIndex(({ number }, index) => number !== index * step)
  return gap === -1 ? sorted : sorted.slice(0, gap)
}

/** The moment, by the monitor's clock, up to which it is known how every request ended; 0 where there is none. */
export function knownUntil(observation: Observation): number {
  const { requests, pages } = observation
  const known = settledStreams(observation).map(stream => {
    const last = stream.at(-1)
    // Nothing is sent until its next turn.
    return last ? last.at + 1000 / requests[last.request]!.rate : 0
  })
  const knownPages = requests.flatMap(({ pageEvery, rate }, request) => {
    if (!pageEvery) return []
    const last = settled(
      pages.filter(page => page.request === request),
      pageEvery,
    ).at(-1)
    return last ? last.at + (1000 * pageEvery) / rate : 0
  })
  return Math.min(...known, ...knownPages)
}

/**
 * The samples that count, judged by what runs: an answer is right if it is right for one of the versions that may have given
 * it. A request that one of these does not promise to answer does not count.
 */
export function judge(samples: Sample[], { requests }: Observation, phases: Phase[]): Judged[] {
  return samples.flatMap(sample => {
    const { failures, ...rest } = sample
    const versions = versionsAt(sample, phases)
    if (versions.some(version => !requests[sample.request]!.expect[version])) return []
    const own = versions.map(version => failures?.[version])
    return own.every(Boolean) ? [{ ...rest, failure: own.at(-1)! }] : [rest]
  })
}

/** The pages that count: of those that all promise to answer that run. */
export function judgePages(
  { pages, requests }: Pick<Observation, "pages" | "requests">,
  phases: Phase[],
): PageSample[] {
  return pages.filter(page => versionsAt(page, phases).every(version => requests[page.request]!.expect[version]))
}

/** The versions that may have answered, the last to come last. */
function versionsAt(
  { at, milliseconds, connection }: Pick<Sample, "at" | "milliseconds"> & { connection?: Connection },
  phases: Phase[],
): number[] {
  const during = phases.filter(
    ({ from }, index) => from <= at + milliseconds && (phases[index + 1]?.from ?? Infinity) > at,
  )
  return [...new Set(during.flatMap(({ versions, kept }) => (connection === "kept" ? (kept ?? versions) : versions)))]
}

/**
 * The moment from which on new connections lead to the version that was coming: that of the last answer that was right for the old
 * one alone; undefined while another may come. `led`: when users were led to it.
 */
export function arrivedAt(observation: Observation, led: number, old: number, coming: number): number | undefined {
  const late = observation.samples.filter(
    ({ connection, failures }) => connection === "new" && failures?.[coming] && !failures[old],
  )
  const last = Math.max(led, ...late.map(({ at, milliseconds }) => at + milliseconds))
  const arrived = Math.min(last, led + SPREAD)
  return knownUntil(observation) >= arrived + QUIET ? arrived : undefined
}

/**
 * The moment from which on requests count: when each had been answered once, or for some seconds could not be; undefined while
 * neither is so. A network that opens late to a new pod (policies by label, a mesh) is the monitor's own.
 */
export function warmedUp(observation: Observation, phases: Phase[]): number | undefined {
  const begun = Math.min(...observation.samples.map(({ at }) => at))
  const first = observation.requests.flatMap(({ expect }, request) =>
    CONNECTIONS.flatMap(connection => {
      if (phases.some(({ versions }) => versions.some(version => !expect[version]))) return []
      const own = observation.samples.filter(item => item.request === request && item.connection === connection)
      const answered = judge(own, observation, phases).filter(({ failure }) => isAnswer(failure))
      return [Math.min(...answered.map(({ at }) => at))]
    }),
  )
  const last = Math.max(begun, ...first)
  if (last < begun + WARM_UP) return last
  return latest(observation.samples) >= begun + WARM_UP ? begun + WARM_UP : undefined
}

function isAnswer(failure: RequestFailure | undefined): boolean {
  return !failure || isRateLimited(failure)
}
