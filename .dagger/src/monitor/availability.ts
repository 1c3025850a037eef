import { z } from "zod"

/** What became of the monitor's requests in a span of time. */
export const Availability = z.object({
  from: z.string().describe("ISO 8601; requests sent from here on count"),
  to: z.string().describe("ISO 8601; up to here"),
  sent: z.number(),
  failed: z.number().describe("Not answered as they must be, in status or body"),
  dropped: z.number().describe("That should have been sent, and could not be in time"),
  percent: z.number().describe("0 to 100; 100 only where nothing failed and nothing was dropped"),
  latency: z
    .object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
    .describe("Milliseconds until the answer"),
  errors: z.record(z.string(), z.number()).describe("Failures by kind"),
  outages: z
    .array(
      z.object({
        from: z.string(),
        to: z.string(),
        seconds: z.number(),
        failed: z.number(),
        kinds: z.array(z.string()),
      }),
    )
    .describe("Failures less than a second apart are one outage; its length in seconds"),
  requests: z
    .array(z.object({ name: z.string(), connection: z.enum(["new", "kept"]), sent: z.number(), failed: z.number() }))
    .describe("By request, and by connection: a new one each time, or a kept one"),
  seconds: z
    .array(z.object({ at: z.string(), sent: z.number(), failed: z.number(), slowest: z.number() }))
    .describe("Second by second; the slowest answer in milliseconds"),
})
export type Availability = z.infer<typeof Availability>

/** How the application answered before a deployment: new where there was none. */
export const Baseline = z.enum(["healthy", "broken", "new"])
export type Baseline = z.infer<typeof Baseline>

/** What the monitor has written so far. */
export interface Observation {
  /** Requests a second on each kind of connection. */
  rate: number
  /** Names of the requests; on each kind of connection they take turns. */
  names: string[]
  samples: Sample[]
}

/** What became of one request. */
export interface Sample {
  connection: "new" | "kept"
  /** On its kind of connection, from 0, in the order in which they were sent. */
  number: number
  /** Milliseconds since 1970 at which it was sent, and milliseconds until the answer. */
  at: number
  milliseconds: number
  problem?: string
}

/** Milliseconds without a failure after which the next one is another outage. */
const OUTAGE_GAP = 1_000
/** Requests that the edges of the span may cost each kind of connection, without any having been dropped. */
const EDGE = 2
const CONNECTIONS = ["new", "kept"] as const

/** The names of the requests of which one or more have failed. */
export function brokenRequests(observation: Observation, from = 0): string[] {
  const failed = observation.samples.filter(({ at, problem }) => at >= from && problem)
  return observation.names.filter(name => failed.some(sample => nameOf(sample, observation) === name))
}

/** The last moment that the monitor has written of, by its own clock; 0 where there is none. */
export function latest({ samples }: Observation): number {
  return samples.reduce((last, { at, milliseconds }) => Math.max(last, at + milliseconds), 0)
}

/** The moment, by the monitor's clock, up to which it is known of every request what became of it; 0 where there is none. */
export function knownUntil({ samples }: Observation): number {
  return Math.min(...CONNECTIONS.map(connection => wholeOf(samples, connection).at(-1)?.at ?? 0))
}

/**
 * What became of the requests sent since `from` (in milliseconds, by the monitor's clock), on each kind of connection up to
 * the first that is still under way; of what failed, all that is known.
 */
export function judgeAvailability(observation: Observation, from = 0): Availability {
  const samples = samplesOf(observation, from)
  const failures = samples.filter(({ problem }) => problem)
  const whole = CONNECTIONS.map(connection => wholeOf(observation.samples, connection).filter(({ at }) => at >= from))
  const dropped = whole.reduce((total, own) => total + droppedOf(observation.rate, own), 0)
  const due = samples.length + dropped
  const latencies = samples
    .filter(({ problem }) => !problem)
    .map(({ milliseconds }) => milliseconds)
    .sort((a, b) => a - b)
  return {
    from: iso(samples[0]?.at ?? 0),
    to: iso(samples.at(-1)?.at ?? 0),
    sent: samples.length,
    failed: failures.length,
    dropped,
    // A monitor that sent nothing has seen nothing.
    percent: due === 0 ? 0 : (100 * (due - failures.length - dropped)) / due,
    latency: {
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      p99: quantile(latencies, 0.99),
      max: quantile(latencies, 1),
    },
    errors: countBy(failures.map(({ problem }) => problem!)),
    outages: outagesOf(failures),
    requests: observation.names.flatMap(name =>
      CONNECTIONS.map(connection => {
        const own = samples.filter(sample => nameOf(sample, observation) === name && sample.connection === connection)
        return { name, connection, sent: own.length, failed: own.filter(({ problem }) => problem).length }
      }),
    ),
    seconds: secondsOf(samples),
  }
}

/** In the order in which they were sent. */
function samplesOf({ samples }: Observation, from: number): Sample[] {
  const counted = new Set([
    ...CONNECTIONS.flatMap(connection => wholeOf(samples, connection)),
    ...samples.filter(({ problem }) => problem),
  ])
  return [...counted].filter(({ at }) => at >= from).sort((a, b) => a.at - b.at)
}

/** Those on one kind of connection that were sent before the first of which nothing is known yet. */
function wholeOf(samples: Sample[], connection: Sample["connection"]): Sample[] {
  const own = samples.filter(sample => sample.connection === connection).sort((a, b) => a.number - b.number)
  const gap = own.findIndex(({ number }, index) => number !== index)
  return gap === -1 ? own : own.slice(0, gap)
}

function nameOf({ number }: Sample, { names }: Observation): string {
  return names[number % names.length]!
}

/** What an even rate from the first to the last would have come to, less what was sent. */
function droppedOf(rate: number, samples: Sample[]): number {
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
    return {
      from: iso(from),
      to: iso(to),
      seconds: Math.round((to - from) / 100) / 10,
      failed: run.length,
      kinds: Object.keys(countBy(run.map(({ problem }) => problem!))),
    }
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
