import { XMLParser, XMLValidator } from "fast-xml-parser"
import { describe, expect, test } from "vitest"

import { pictureOf } from "../../../.dagger/src/report/picture.ts"
import { deploymentSvg } from "../../../.dagger/src/report/svg.ts"
import { fit, widthOf } from "../../../.dagger/src/report/text-width.ts"
import { caseOf, HOSTILE, hostile, manyPods, reportOf } from "./reports.ts"

type Element = Record<string, string>

interface Drawn {
  svg: {
    role: string
    viewBox: string
    "aria-labelledby": string
    title: { id: string }
    desc: { id: string }
    text: Element[]
    rect: Element[]
    line?: Element[]
    polyline?: Element[]
  }
}

/** How much of a text is left of its position. */
const ANCHORS: Record<string, number> = { start: 0, middle: 0.5, end: 1 }

const PARSER = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  trimValues: false,
  isArray: name => ["text", "rect", "line", "polyline"].includes(name),
})

function draw(report: ReturnType<typeof reportOf>) {
  const xml = deploymentSvg(report)
  const { svg } = PARSER.parse(xml) as Drawn
  const [, , width, height] = svg.viewBox.split(" ").map(Number) as [number, number, number, number]
  const classes = (kind: "rect" | "line" | "polyline") => (svg[kind] ?? []).map(element => element.class)
  const count = (kind: "rect" | "line" | "polyline", name: string) => classes(kind).filter(each => each === name).length
  return { xml, svg, width, height, count, texts: svg.text.map(element => element["#text"]) }
}

const LONG = reportOf({
  name: "a-name-of-an-application-that-is-as-long-as-kubernetes-allows-it",
  namespace: "a-namespace-that-is-as-long-as-kubernetes-allows-it-to-be-at-all",
  timeline: {
    steps: [{ step: "rollout", at: "2026-11-24T10:00:00.000Z" }],
    migrations: [{ name: "m".repeat(63), from: "2026-11-24T10:00:00.000Z" }],
    pods: [{ workload: "w".repeat(63), pod: `${"W".repeat(52)}-7c9d8f6b5-x2x4z`, created: "2026-11-24T10:00:02.000Z" }],
  },
})

describe.each([
  ["a rolling update", caseOf("rolling-update")],
  ["a rollback", caseOf("rollback")],
  ["blue-green", caseOf("blue-green")],
  ["a switch without pods", caseOf("switch-without-pods")],
  ["many pods", manyPods()],
  ["names that are long", LONG],
  ["hostile names", hostile()],
  ["nothing to draw", reportOf({})],
])("the picture of %s", (_, report) => {
  const { xml, svg, width, height } = draw(report)

  test("is XML", () => {
    expect(XMLValidator.validate(xml)).toBe(true)
  })

  test("has a title and a description for those who do not see it", () => {
    expect(svg.role).toBe("img")
    expect(svg["aria-labelledby"].split(" ")).toEqual([svg.title.id, svg.desc.id])
  })

  test("has all of its texts and shapes within its edges", () => {
    for (const text of svg.text) {
      const size = text.class === "title" ? 18 : 12
      const wide = widthOf(text["#text"]!, size) * (text.class === "title" || text.class === "heading" ? 1.1 : 1)
      const part = ANCHORS[text["text-anchor"]!]!
      const left = Number(text.x) - part * wide
      expect([left >= 0, left + wide <= width], text["#text"]).toEqual([true, true])
      expect(Number(text.y) < height, text["#text"]).toBe(true)
    }
    for (const { x = "0", y = "0", width: wide, height: high } of svg.rect) {
      expect(Number(x) + Number(wide)).toBeLessThanOrEqual(width)
      expect(Number(y) + Number(high)).toBeLessThanOrEqual(height)
    }
  })
})

describe("the picture", () => {
  test("has a lane for each pod: its states, and its end", () => {
    const { texts, count } = draw(caseOf("rolling-update"))
    for (const { lanes } of pictureOf(caseOf("rolling-update"))!.groups)
      for (const { pod } of lanes) expect(texts).toContain(pod)
    // The legend has one more of each.
    expect(["created", "scheduled", "started", "ready", "terminating"].map(state => count("rect", state))).toEqual([
      1, 5, 5, 9, 5,
    ])
    expect(count("line", "gone")).toBe(5)
  })

  test("has the pods of a first deployment, from scheduled to ready", () => {
    const { count } = draw(caseOf("first-deployment"))
    expect(["created", "scheduled", "started", "ready"].map(state => count("rect", state))).toEqual([2, 3, 3, 3])
  })

  test("has the requests by path, the steps and the migrations", () => {
    const { texts, count } = draw(caseOf("rolling-update"))
    for (const part of ["Requests inside the cluster: 100.000 % of 1840", "Requests from outside: 100.000 % of 460"])
      expect(texts.join("\n")).toContain(part)
    for (const text of ["migrate", "rollout", "verify", "migration backend-migration"]) expect(texts).toContain(text)
    expect(count("line", "begin")).toBe(3)
    expect([count("polyline", "latency"), count("rect", "ran"), count("rect", "outage")]).toEqual([2, 1, 0])
  })

  test("shades outages, and shows a migration that did not complete", () => {
    const { texts, count } = draw(caseOf("rollback"))
    expect([count("rect", "outage"), count("rect", "failed")]).toEqual([1, 2])
    expect(texts.join("\n")).toContain("21 failed")
    expect(draw(caseOf("migration-that-did-not-complete")).count("rect", "broken")).toBe(1)
  })

  test("says how many pods it leaves out", () => {
    const { texts } = draw(manyPods())
    expect(texts).toContain("daemonset/agent (62 more are not drawn)")
    expect(texts).toContain("not drawn: 7 more, of which the report keeps no moments")
  })

  test("cuts a long name in its middle, and has all of it as its title", () => {
    const { svg } = draw(LONG)
    const label = svg.text.find(({ title }) => title?.startsWith("WWW"))!
    expect(label["#text"]).toMatch(/^W+….*x2x4z$/)
    expect(label.title).toContain(`${"W".repeat(52)}-7c9d8f6b5-x2x4z: created 2 s`)
  })

  test("has nothing in it that a name brings", () => {
    const { xml, svg } = draw(hostile())
    expect(xml).not.toContain("<script")
    expect(svg.text.some(({ title }) => title?.includes("<script>alert(1)</script>"))).toBe(true)
    expect(HOSTILE).toContain("<script")
  })

  test("can be read on light and on dark backgrounds", () => {
    const { xml } = draw(reportOf({}))
    expect(xml).toMatch(
      /\.picture text \{ fill: #1f2328 \}[^]*@media \(prefers-color-scheme: dark\) \{\n\.picture text \{ fill: #f0f6fc \}/,
    )
    // Image viewers know none: they would draw all in black.
    expect(xml).not.toContain("var(--")
  })
})

test("the picture of the documentation is current (npx vitest run --project unit -u draws it)", async () => {
  await expect(deploymentSvg(caseOf("rolling-update"))).toMatchFileSnapshot("../../../docs/report.svg")
})

test.each([
  ["backend", 100, "backend"],
  ["backend-7c9d8f6b5-x2x4z", 100, "backen…x2x4z"],
  ["WWWWWWWW", 36, "W…W"],
  ["W", 1, "…"],
])("%s within %i pixels is %s", (text, width, expected) => {
  expect(fit(text, 12, width)).toBe(expected)
})
