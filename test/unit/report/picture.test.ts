import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { hiddenPods, type Picture, pictureOf } from "../../../.dagger/src/report/picture.ts"
import { Report } from "../../../.dagger/src/report/report.ts"
import { caseOf, CASES, manyPods, reportOf } from "./reports.ts"

/** A picture in words, its moments in seconds since it begins. */
function told(picture: Picture) {
  const seconds = (at: number) => (at - picture.from) / 1000
  const span = ({ from, to }: { from: number; to: number }) => `${seconds(from)}-${seconds(to)}`
  return {
    steps: picture.steps.map(step => `${step.name} ${span(step)}`),
    migrations: picture.migrations.map(
      migration => `${migration.name} ${span(migration)} ${migration.completed ? "ran" : "did not complete"}`,
    ),
    ...(picture.switches.length > 0 && {
      switches: picture.switches.map(each => `${each.service} to ${each.name} ${span(each)}`),
    }),
    paths: picture.paths.map(path => {
      const whole = span({ from: path.seconds[0]!.at, to: path.seconds.at(-1)!.at + 1000 })
      return [
        `${path.name} ${whole}`,
        ...path.outages.map(outage => `${outage.failed} failed in ${span(outage)}`),
      ].join(" ")
    }),
    groups: Object.fromEntries(
      picture.groups.map(({ workload, lanes }) => [
        workload,
        lanes.map(({ pod, spans, gone }) => {
          const states = spans.map(each => `${each.state} ${span(each)}`)
          return `${pod} ${[...states, ...(gone === undefined ? [] : [`gone ${seconds(gone)}`])].join(", ")}`
        }),
      ]),
    ),
    hidden: hiddenPods(picture),
  }
}

describe("a report as a picture", () => {
  test.each(readdirSync(CASES))("%s", name => {
    expect(told(pictureOf(caseOf(name))!)).toEqual(parse(readFileSync(join(CASES, name, "expected.yaml"), "utf8")))
  })

  test("has forty lanes at most: each workload has some, and the pods that never became ready are among them", () => {
    const picture = pictureOf(manyPods())!
    const lanes = picture.groups.map(group => group.lanes.map(({ pod }) => pod))
    expect(lanes.map(({ length }) => length)).toEqual([38, 2])
    expect(lanes[0]).toContain("agent-77")
    expect(hiddenPods(picture)).toEqual(["62 more of daemonset/agent", "7 more, of which the report keeps no moments"])
  })

  test("is none where nothing has a time", () => {
    expect(pictureOf(reportOf({}))).toBeUndefined()
  })
})

test("a report with a timeline is read by a module that does not know it: what is new is left out, not refused", () => {
  const later = caseOf("rolling-update") as object
  expect(Report.parse({ ...later, later: { form: 1 } })).not.toHaveProperty("later")
  expect(Report.parse(JSON.parse(JSON.stringify(later)))).toEqual(later)
})
