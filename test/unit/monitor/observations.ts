import type { RequestFailure } from "../../../.dagger/src/monitor/request-failure.ts"
import { type Connection, CONNECTIONS, type Observation, type Sample } from "../../../.dagger/src/monitor/samples.ts"

export const START = Date.parse("2026-11-24T10:00:00Z")
/** Requests a second, of each of two requests, on each kind of connection. */
export const RATE = 10
const ANSWER = { status: 200 }

/** A monitor that sends two requests evenly for some seconds; `fail` says what is wrong with the one sent then, for all versions. */
export function observe(
  seconds: number,
  fail: (after: number, connection: Connection, request: number) => RequestFailure | undefined = () => undefined,
  rate = RATE,
): Observation {
  const samples = [0, 1].flatMap(request =>
    CONNECTIONS.flatMap(connection =>
      Array.from({ length: seconds * rate }, (_, number): Sample => {
        const after = ((number + request / 2) * 1000) / rate
        const failure = fail(after, connection, request)
        const sample = { connection, request, number, at: START + after, milliseconds: 10 }
        return failure ? { ...sample, failures: [failure, failure] } : sample
      }),
    ),
  )
  const requests = [
    { name: "the page", to: "frontend" as const, rate, expect: [ANSWER, ANSWER] },
    { name: "the tasks", to: "backend" as const, rate, expect: [ANSWER, ANSWER] },
  ]
  return { requests, samples, pages: [] }
}

/** The same, of which some is not known. */
export function without(observation: Observation, isUnknown: (sample: Sample) => boolean): Observation {
  return { ...observation, samples: observation.samples.filter(sample => !isUnknown(sample)) }
}
