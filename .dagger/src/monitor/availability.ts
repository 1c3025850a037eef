import { z } from "zod"

/** What became of the monitor's requests in a span of time. */
export const Availability = z.object({
  from: z.string().describe("ISO 8601; requests sent from here on count"),
  to: z.string().describe("ISO 8601; up to here"),
  sent: z.number(),
  failed: z.number().describe("Not answered as they must be, in status or body"),
  dropped: z.number().describe("That should have been sent, and could not be in time"),
  percent: z.number().describe("0 to 100; 100 only where nothing failed and nothing was dropped"),
  latency: z.object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() }).describe("Milliseconds until the answer"),
  errors: z.record(z.string(), z.number()).describe("Failures by kind"),
  outages: z.array(z.object({ from: z.string(), to: z.string(), seconds: z.number(), failed: z.number(), kinds: z.array(z.string()) })).describe("Failures less than a second apart are one outage; its length in seconds"),
  requests: z.array(z.object({ name: z.string(), connection: z.enum(["new", "kept"]), sent: z.number(), failed: z.number() })).describe("By request, and by connection: a new one each time, or a kept one"),
  seconds: z.array(z.object({ at: z.string(), sent: z.number(), failed: z.number(), slowest: z.number() })).describe("Second by second; the slowest answer in milliseconds"),
})
export type Availability = z.infer<typeof Availability>

/** What the monitor has written so far: a flush is what one of its virtual users did in a couple of seconds. */
export interface Observation {
  /** Requests a second on each kind of connection. */
  rate: number
  /** Names of the requests, by the number that a flush has. */
  names: string[]
  flushes: Flush[]
}

export const Flush = z.object({
  user: z.number(),
  connection: z.enum(["new", "kept"]),
  /** Milliseconds since 1970 at which the first was sent, and at which this was written. */
  since: z.number(),
  until: z.number(),
  /** For each: milliseconds after `since`, milliseconds until the answer, which request; and what was wrong, where anything was. */
  sent: z.array(z.union([z.tuple([z.number(), z.number(), z.number()]), z.tuple([z.number(), z.number(), z.number(), z.string()])])),
})
export type Flush = z.infer<typeof Flush>

interface Sample {
  at: number
  milliseconds: number
  name: string
  connection: "new" | "kept"
  problem?: string
}

/** Milliseconds without a failure after which the next one is another outage. */
const OUTAGE_GAP = 1_000
/** Requests that the edges of the span may cost each kind of connection, without any having been dropped. */
const EDGE = 2

/** The names of the requests of which one or more have failed. */
export function brokenRequests(observation: Observation, from = 0): string[] {
  const failed = samplesOf(observation, from).filter(({ problem }) => problem)
  return observation.names.filter(name => failed.some(sample => sample.name === name))
}

/** The last moment that any user of the monitor has written down, by the monitor's clock. */
export function latest({ flushes }: Observation): number {
  return Math.max(0, ...flushes.map(({ until }) => until))
}

/**
 * What became of the requests sent since `from` (in milliseconds, by the monitor's clock), up to the moment for which
 * every user of the monitor has written down what it did; of what failed, all that is known.
 */
export function judgeAvailability(observation: Observation, from = 0): Availability {
  const samples = samplesOf(observation, from)
  const failures = samples.filter(({ problem }) => problem)
  const end = knownUntil(observation)
  const known = samples.filter(({ at }) => at <= end)
  const dropped = (["new", "kept"] as const).reduce((total, connection) => total + droppedOf(observation, known.filter(of(connection))), 0)
  const due = samples.length + dropped
  const latencies = samples.filter(({ problem }) => !problem).map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  return {
    from: iso(samples[0]?.at ?? 0),
    to: iso(samples.at(-1)?.at ?? 0),
    sent: samples.length,
    failed: failures.length,
    dropped,
    // A monitor that sent nothing has seen nothing.
    percent: due === 0 ? 0 : (100 * (due - failures.length - dropped)) / due,
    latency: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95), p99: quantile(latencies, 0.99), max: quantile(latencies, 1) },
    errors: countBy(failures.map(({ problem }) => problem!)),
    outages: outagesOf(failures),
    requests: observation.names.flatMap(name =>
      (["new", "kept"] as const).map(connection => {
        const own = samples.filter(sample => sample.name === name && sample.connection === connection)
        return { name, connection, sent: own.length, failed: own.filter(({ problem }) => problem).length }
      }),
    ),
    seconds: secondsOf(samples),
  }
}

/** In the order in which they were sent. */
function samplesOf(observation: Observation, from: number): Sample[] {
  const { names, flushes } = observation
  const end = knownUntil(observation)
  return flushes
    .flatMap(({ connection, since, sent }) =>
      sent.map(([after, milliseconds, index, problem]) => ({ at: since + after, milliseconds, name: names[index]!, connection, problem })),
    )
    .filter(({ at, problem }) => at >= from && (at <= end || problem))
    .sort((a, b) => a.at - b.at)
}

/** The moment up to which every user has written down what it did. */
function knownUntil({ flushes }: Observation): number {
  const users = new Map<number, number>()
  for (const { user, until } of flushes) users.set(user, Math.max(until, users.get(user) ?? 0))
  return Math.min(...users.values())
}

function of(connection: Sample["connection"]) {
  return (sample: Sample) => sample.connection === connection
}

/** What an even rate from the first to the last would have come to, less what was sent. */
function droppedOf({ rate }: Observation, samples: Sample[]): number {
  const span = samples.length > 0 ? samples.at(-1)!.at - samples[0]!.at : 0
  const missing = Math.floor((span / 1000) * rate) - samples.length
  return missing > EDGE ? missing : 0
}

function outagesOf(failures: Sample[]): Availability["outages"] {
  const runs: Sample[][] = []
  for (const failure of failures) {
    const last = runs.at(-1)
    if (last && failure.at - endOf(last) < OUTAGE_GAP) last.push(failure)
    else runs.push([failure])
  }
  return runs.map(run => {
    const [from, to] = [run[0]!.at, endOf(run)]
    return { from: iso(from), to: iso(to), seconds: Math.round((to - from) / 100) / 10, failed: run.length, kinds: Object.keys(countBy(run.map(({ problem }) => problem!))) }
  })
}

/** An outage lasts until the last request that failed has failed. */
function endOf(run: Sample[]): number {
  return Math.max(...run.map(({ at, milliseconds }) => at + milliseconds))
}

function secondsOf(samples: Sample[]): Availability["seconds"] {
  const seconds = new Map<number, Sample[]>()
  for (const sample of samples) {
    const second = Math.floor(sample.at / 1000) * 1000
    seconds.set(second, [...(seconds.get(second) ?? []), sample])
  }
  return [...seconds].map(([second, own]) => ({
    at: iso(second),
    sent: own.length,
    failed: own.filter(({ problem }) => problem).length,
    slowest: Math.max(...own.map(({ milliseconds }) => milliseconds)),
  }))
}

function quantile(sorted: number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0
}

function countBy(kinds: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
