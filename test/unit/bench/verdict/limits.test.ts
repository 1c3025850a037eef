import { describe, expect, test } from "vitest"

import type { Measurement, Verdict } from "../../../bench/schema.ts"
import { judge } from "../../../bench/verdict/limits.ts"
import { falseAlarms, honestPeers, summarize } from "../../../bench/verdict/summary.ts"
import { VERDICT } from "./fixture.ts"

const changed = (name: string, tool: string, change: Partial<Measurement>): Verdict => {
  const verdict = structuredClone(VERDICT)
  for (const measurement of verdict.cases.find(one => one.name === name)!.rounds[tool]!)
    Object.assign(measurement, change)
  return verdict
}
const failed = (verdict: Verdict) => judge(verdict).filter(each => each.verdict !== "PASS")

test("rounds are summarized by their medians and ranges; a sign of failure in one of them counts", () => {
  expect(summarize(VERDICT.cases[0]!, "module")).toMatchObject({
    outcome: "failed",
    verdict: { median: 4, min: 3, max: 9 },
    fromCause: { median: 2, min: 1, max: 2 },
    afterVerdict: { median: 6 },
  })
  expect(summarize(VERDICT.cases[2]!, "tracker")?.outcome).toBe("failed")
  expect(summarize(VERDICT.cases[0]!, "argo-rollouts")).toBeUndefined()
})

test("a peer that fails a good release raises a false alarm", () => {
  expect(falseAlarms(VERDICT, "tracker")).toEqual(["unready-for-seven-seconds"])
  expect(honestPeers(VERDICT)).not.toContain("tracker")
  expect(honestPeers(VERDICT)).toContain("helm-30s")
})

test("every limit is judged, and within it passes", () => {
  const judgements = judge(VERDICT)
  expect(failed(VERDICT)).toEqual([])
  expect(judgements.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "crashes-at-once/Deployment: cause named",
      "crashes-at-once/Deployment: verdict",
      "crashes-at-once/Deployment: from the cause",
      "crashes-at-once/Deployment: whole",
      "unready-for-seven-seconds: false alarm",
      "unchanged: step",
      "unchanged: call",
      "one-variable: step",
      "rollback: spec",
      "rollback: whole after the call",
    ]),
  )
})

describe("an exceeded limit fails:", () => {
  const FAULT = "crashes-at-once/Deployment"
  test.each<[string, string, Partial<Measurement>]>([
    [`${FAULT}: cause named`, FAULT, { outcome: "missed" }],
    [`${FAULT}: verdict`, FAULT, { verdict: 32, cause: 30, whole: 33 }],
    [`${FAULT}: from the cause`, FAULT, { cause: 0.9 }],
    [`${FAULT}: whole`, FAULT, { whole: 12.1 }],
    [`${FAULT}: whole`, FAULT, { whole: undefined }],
    ["unready-for-seven-seconds: false alarm", "unready-for-seven-seconds", { outcome: "failed" }],
    ["unchanged: step", "unchanged", { step: 5.1 }],
    ["unchanged: call", "unchanged", { call: 12.1 }],
    // 1.5 × 2.5 s, and 6 s of the monitor's own.
    ["one-variable: step", "one-variable", { step: 9.8 }],
    ["rollback: spec", "rollback", { seen: 3.1, whole: 4 }],
    ["rollback: whole after the call", "rollback", { whole: 5.6 }],
  ])("%s", (limit, name, change) => {
    const judged = failed(changed(name, "module", change))
    expect(judged.filter(each => each.name === limit)).toEqual([expect.objectContaining({ verdict: "FAIL" })])
  })

  test("a case that was not measured", () => {
    const verdict = structuredClone(VERDICT)
    verdict.cases[0]!.rounds.module = []
    expect(failed(verdict)).toEqual([expect.objectContaining({ name: `${FAULT}: measured`, verdict: "FAIL" })])
  })

  test("but for a reason that is known, it is missed", () => {
    const verdict = changed(FAULT, "module", { whole: 12.5 })
    verdict.missed[`${FAULT}: whole`] = "its pod ignores SIGTERM"
    expect(failed(verdict)).toEqual([
      expect.objectContaining({ verdict: "missed", text: expect.stringContaining("; its pod ignores SIGTERM") }),
    ])
  })
})

test("a verdict is compared with that of the best peer without a false alarm", () => {
  const quicker = changed("unready-for-seven-seconds", "tracker", { outcome: "succeeded" })
  expect(failed(quicker)).toEqual([
    {
      name: "crashes-at-once/Deployment: verdict",
      verdict: "FAIL",
      text: "4.0 s, at most 2.0 s to the verdict; the best peer is tracker",
    },
  ])
})

test("without the module, nothing is judged", () => {
  expect(judge({ ...VERDICT, tools: VERDICT.tools.slice(1) })).toEqual([])
})
