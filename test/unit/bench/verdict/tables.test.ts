import { expect, test } from "vitest"

import { verdictSvg } from "../../../bench/verdict/svg.ts"
import { formatVerdict } from "../../../bench/verdict/tables.ts"
import { VERDICT } from "./fixture.ts"

test("the tables say what was measured, where a peer is ahead, and what was not measured", () => {
  const rows = formatVerdict(VERDICT).split("\n")
  const cells = (name: string, table: number) => {
    const found = rows.filter(row => row.includes(name))
    return found[table]!.trim().split(/ {2,}/)
  }
  expect(cells("crashes-at-once/", 0)).toEqual([
    "4",
    "crashes-at-once/Deployment",
    "4.0 (3.0–9.0)",
    "> 90",
    "31.0 (30.0–32.0)",
    "2.0 ahead",
  ])
  expect(cells("crashes-at-once/", 1).slice(2)).toEqual(["10.0 (10.0–12.0)", "never", "32.0 (31.0–33.0)", "never"])
  expect(cells("service-selects-nothing/", 0).slice(1, 3)).toEqual(["9.0 refused", "reported success 4.0"])
  expect(cells("service-selects-nothing/", 1).slice(1, 3)).toEqual(["untouched", "never, 60 failed"])
  expect(cells("unready-for-seven-seconds", 0).slice(1)).toEqual(["4.0", "4.0", "4.0", "FALSE ALARM 4.0"])
  expect(cells("one-variable", 0).slice(1)).toEqual([
    "30.0 (step 9.0, of it the monitor 6.0, spec 5.0)",
    "2.5 (spec 5.0, ahead)",
    "–",
    "–",
  ])
  expect(cells("argo-rollouts", 0)).toEqual(["argo-rollouts", "Argo Rollouts", "not measured: it is not there"])
  expect(cells("tracker", 0).at(-1)).toBe("false alarms: 1")
  expect(rows.some(row => /^unchanged: call +PASS +11\.0 s, at most 12\.0 s for the call$/.test(row))).toBe(true)
})

test("the picture has a bar for each tool at its best", () => {
  const svg = verdictSvg(VERDICT)
  expect(svg).toMatch(/^<svg[\s\S]*<\/svg>\n$/)
  for (const text of ["crashes-at-once/Deployment", "31.0 (30.0–32.0)", "9.0, nothing changed", "reported success"])
    expect(svg).toContain(text)
})
