// What the rounds of a case say together: pure, from bench.json alone.
import type { Case, Measurement, Verdict } from "../schema.ts"
import { type Range, rangeOf } from "../statistics.ts"

export const MODULE = "module"

export interface Summary {
  /** The worst of the rounds. */
  outcome: Measurement["outcome"]
  verdict: Range
  /** From the cause, as the cluster dates it, to the verdict. */
  fromCause?: Range
  /** To the previous version whole again; absent where it was not in each round. */
  whole?: Range
  /** The same from the verdict. */
  afterVerdict?: Range
  /** From the start of the call: to the new spec in the cluster, and to the previous version whole again. */
  seen?: Range
  wholeAfterCall?: Range
  call: Range
  step?: Range
  monitor?: Range
  /** Requests that failed, in all rounds together. */
  failedRequests: number
}

const WORST_FIRST: Measurement["outcome"][] = ["succeeded", "capped", "missed", "failed", "refused"]

/** Undefined where a tool has no measurement of a case. */
export function summarize({ kind, rounds }: Case, tool: string): Summary | undefined {
  const measured = rounds[tool] ?? []
  const verdict = rangeOf(measured.map(({ verdict }) => verdict))
  const call = rangeOf(measured.map(({ call }) => call))
  if (!verdict || !call) return undefined
  const ranked = kind === "fault" ? WORST_FIRST : [...WORST_FIRST].reverse()
  const of = (value: (measurement: Measurement) => number | undefined) =>
    rangeOf(measured.map(value).filter(each => each !== undefined))
  const isWhole = measured.every(({ whole }) => whole !== undefined)
  return {
    outcome: ranked.find(outcome => measured.some(each => each.outcome === outcome))!,
    verdict,
    fromCause: of(({ verdict, cause }) => (cause === undefined ? undefined : verdict - cause)),
    whole: isWhole ? of(({ whole }) => whole) : undefined,
    afterVerdict: isWhole ? of(({ verdict, whole }) => Math.max(0, whole! - verdict)) : undefined,
    seen: of(({ seen }) => seen),
    wholeAfterCall: isWhole ? of(({ seen = 0, whole }) => seen + whole!) : undefined,
    call,
    step: of(({ step }) => step),
    monitor: of(({ monitor }) => monitor),
    failedRequests: measured.reduce((total, { requests }) => total + requests.failed, 0),
  }
}

/** The good releases that a tool failed. */
export function falseAlarms({ cases }: Verdict, tool: string): string[] {
  return cases
    .filter(({ kind }) => kind !== "fault")
    .filter(one => {
      const summary = summarize(one, tool)
      return summary && summary.outcome !== "succeeded"
    })
    .map(({ name }) => name)
}

/** Whether it said that a faulty release fails. */
export function isFound(summary: Summary | undefined): summary is Summary {
  return summary?.outcome === "failed" || summary?.outcome === "refused"
}

/** The peers that raised no false alarm in this run: a verdict of another one is worth less. */
export function honestPeers(verdict: Verdict): string[] {
  return verdict.tools
    .map(({ name }) => name)
    .filter(name => name !== MODULE && falseAlarms(verdict, name).length === 0)
}
