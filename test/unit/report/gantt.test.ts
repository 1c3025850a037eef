import { describe, expect, test } from "vitest"

import { ganttOf } from "../../../.dagger/src/report/gantt.ts"
import { markdownOf } from "../../../.dagger/src/report/markdown.ts"
import { pictureOf } from "../../../.dagger/src/report/picture.ts"
import { caseOf, hostile, manyPods, reportOf } from "./reports.ts"

const SECTION = /^ {2}section ([^:;#%`\n]+)$/
const BAR = /^ {4}([^:;#%`\n]+) :(?:(crit|active|done), )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}), ([1-9]\d*)ms$/

/** The sections of a chart with their bars; fails on a line that Mermaid would read as something else. */
function sectionsOf(report: ReturnType<typeof reportOf>) {
  const [first, mode, last, kind, title, ...lines] = ganttOf(pictureOf(report)!, report.name).split("\n")
  expect([first, mode, last, kind]).toEqual(["---", "displayMode: compact", "---", "gantt"])
  expect(title).toMatch(/^ {2}title [^:;#%`]+$/)
  expect(lines.slice(0, 3)).toEqual([
    "  dateFormat YYYY-MM-DD HH:mm:ss.SSS",
    "  axisFormat %H:%M:%S",
    "  todayMarker off",
  ])
  const sections: { name: string; bars: string[] }[] = []
  for (const line of lines.slice(3)) {
    expect(SECTION.test(line) || BAR.test(line), line).toBe(true)
    const name = SECTION.exec(line)?.[1]
    if (name) sections.push({ name, bars: [] })
    const bar = BAR.exec(line)
    if (bar) sections.at(-1)!.bars.push(`${bar[1]} ${bar[3]!.slice(14, 19)} ${bar[4]}`)
  }
  return sections
}

describe("a picture for Mermaid", () => {
  test("has a section for each pod, with its states as bars", () => {
    const sections = sectionsOf(caseOf("rolling-update"))
    expect(sections.map(({ name }) => name).slice(0, 4)).toEqual([
      "steps",
      "migration backend-migration",
      "backend-68d4f9c7b-k2x9p",
      "backend-68d4f9c7b-w7tzm",
    ])
    expect(sections.find(({ name }) => name === "backend-7c9d8f6b5-8qfjd")!.bars).toEqual([
      "scheduled 00:09 2000",
      "started 00:11 4000",
      "ready 00:15 32000",
    ])
  })

  test("has the switches", () => {
    expect(sectionsOf(caseOf("blue-green"))).toContainEqual({
      name: "switch of frontend",
      bars: ["to frontend-green 00:20 400"],
    })
  })

  test("has the outages", () => {
    expect(sectionsOf(caseOf("rollback"))).toContainEqual({
      name: "requests inside the cluster",
      bars: ["21 failed 00:10 1700"],
    })
  })

  test("stays one with names that would end a line's part", () => {
    expect(sectionsOf(hostile()).map(({ name }) => name)).toHaveLength(3)
  })

  test("has no more sections than the picture has lanes", () => {
    expect(sectionsOf(manyPods())).toHaveLength(41)
  })
})

test("the job summary has the chart, and none where there is nothing to draw", () => {
  expect(markdownOf(caseOf("rolling-update"))).toMatch(/^```mermaid\n---\n[^`]+\n```$/m)
  expect(markdownOf(manyPods())).toContain("\nNot drawn: 62 more of daemonset/agent\n")
  expect(markdownOf(hostile())).toMatch(/^```mermaid\n---\n[^`]+\n```$/m)
  expect(markdownOf(reportOf({}))).not.toContain("mermaid")
})
