// What the bench has to show: each limit, of each case, by the medians of one run.
import type { Case, Verdict } from "../schema.ts"
import { honestPeers, isFound, MODULE, summarize, type Summary } from "./summary.ts"

/** Seconds. */
const FROM_CAUSE = 3
const WHOLE_AFTER_VERDICT = 8
const UNCHANGED = { step: 5, call: 12 }
const ROLLBACK = { seen: 3, whole: 8 }
/** How many times as long as a raw apply and wait one changed variable may take, without the monitor's own time. */
const TIMES_RAW = 1.5
/** The tool that is a raw apply and wait. */
const RAW = "kubectl"

export interface Judgement {
  /** As `case: limit`. */
  name: string
  verdict: "PASS" | "FAIL" | "missed"
  text: string
}

/** What one limit says of a case; undefined where it says nothing. */
type Limit = (verdict: Verdict, one: Case, summary: Summary) => { isKept: boolean; text: string } | undefined

const LIMITS: Record<string, Limit> = {
  "cause named": (_, { kind }, { outcome }) =>
    kind === "fault" ? { isKept: outcome === "failed" || outcome === "refused", text: outcome } : undefined,
  "false alarm": (_, { kind }, { outcome }) =>
    kind === "fault" ? undefined : { isKept: outcome === "succeeded", text: outcome },
  verdict: (verdict, one, summary) => {
    const peers = honestPeers(verdict).flatMap(name => {
      const peer = summarize(one, name)
      return isFound(peer) ? [{ name, median: peer.verdict.median }] : []
    })
    const [best] = peers.sort((a, b) => a.median - b.median)
    if (one.kind !== "fault" || !best) return undefined
    return within(summary.verdict.median, best.median, `to the verdict; the best peer is ${best.name}`)
  },
  "from the cause": (_, { kind }, { fromCause }) =>
    kind === "fault" && fromCause ? within(fromCause.median, FROM_CAUSE, "from the cause to the verdict") : undefined,
  whole: (_, { kind }, { afterVerdict }) => {
    if (kind !== "fault") return undefined
    return afterVerdict
      ? within(afterVerdict.median, WHOLE_AFTER_VERDICT, "from the verdict until the previous version is whole")
      : { isKept: false, text: "the previous version is not whole again" }
  },
  step: (verdict, { name }, { step, monitor }) => {
    if (name === "unchanged" && step) return within(step.median, UNCHANGED.step, "for the step")
    if (name !== "one-variable" || !step || !monitor) return undefined
    const raw = summarize(
      verdict.cases.find(one => one.name === name)!,
      RAW,
    )
    const text = `for the step: ${TIMES_RAW} × a raw apply and wait, and ${monitor.median.toFixed(1)} s of the monitor's own`
    return raw && within(step.median, TIMES_RAW * raw.call.median + monitor.median, text)
  },
  call: (_, { name }, { call }) =>
    name === "unchanged" ? within(call.median, UNCHANGED.call, "for the call") : undefined,
  spec: (_, { name }, { seen }) =>
    name === "rollback" && seen ? within(seen.median, ROLLBACK.seen, "from the call to the earlier spec") : undefined,
  "whole after the call": (_, { name }, { wholeAfterCall }) => {
    if (name !== "rollback") return undefined
    return wholeAfterCall
      ? within(wholeAfterCall.median, ROLLBACK.whole, "from the call until the earlier version is whole")
      : { isKept: false, text: "the earlier version is not whole" }
  },
}

/** Every limit that applies. One that is exceeded is known, and has a reason in `missed`, or fails the run. */
export function judge(verdict: Verdict): Judgement[] {
  if (!verdict.tools.some(({ name }) => name === MODULE)) return []
  return verdict.cases.flatMap(one => judgeCase(verdict, one))
}

function judgeCase(verdict: Verdict, one: Case): Judgement[] {
  const summary = summarize(one, MODULE)
  if (!summary) return [{ name: `${one.name}: measured`, verdict: "FAIL", text: "not measured" }]
  return Object.entries(LIMITS).flatMap(([limit, read]): Judgement[] => {
    const kept = read(verdict, one, summary)
    if (!kept) return []
    const name = `${one.name}: ${limit}`
    if (kept.isKept) return [{ name, verdict: "PASS", text: kept.text }]
    const reason = verdict.missed[name]
    return [
      reason
        ? { name, verdict: "missed", text: `${kept.text}; ${reason}` }
        : { name, verdict: "FAIL", text: kept.text },
    ]
  })
}

function within(seconds: number, limit: number, what: string): { isKept: boolean; text: string } {
  return { isKept: seconds <= limit, text: `${seconds.toFixed(1)} s, at most ${limit.toFixed(1)} s ${what}` }
}
