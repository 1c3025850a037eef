import { describe, expect, test } from "vitest"

import { htmlOf } from "../../../.dagger/src/report/html.ts"
import { caseOf, hostile, reportOf } from "./reports.ts"

/** What makes a browser load, run or send something. */
const ACTIVE =
  /<(script|link|img|iframe|object|embed|form|base|a|use|image|foreignObject)\b|\s(src|href|srcset|on\w+)=|url\(|@import/i

describe.each([
  ["a rolling update", caseOf("rolling-update")],
  ["hostile names", hostile()],
  ["nothing to draw", reportOf({})],
])("the page of %s", (_, report) => {
  const page = htmlOf(report)

  test("needs no other file and runs nothing", () => {
    expect(page.match(ACTIVE)).toBeNull()
    expect(page.replace('xmlns="http://www.w3.org/2000/svg"', "").match(/"https?:/)).toBeNull()
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
  })

  test("closes what it opens", () => {
    for (const tag of ["html", "head", "body", "svg", "table", "tr", "td", "p", "pre", "style"])
      expect(page.split(`</${tag}>`).length, tag).toBe(page.split(new RegExp(`<${tag}[ >]`)).length)
  })
})

test("the page has the picture and the tables", () => {
  const page = htmlOf(reportOf({ ...caseOf("rolling-update"), images: { backend: "ghcr.io/shop@sha256:b" } }))
  expect(page).toContain('<svg xmlns="http://www.w3.org/2000/svg" class="picture"')
  expect(page).toContain("<tr><td>backend</td><td>ghcr.io/shop@sha256:b</td></tr>")
  expect(page).toContain("<h1>✅ Deployment of shop to production succeeded</h1>")
})

test("what would run is shown as text (the pattern above finds it where it is not escaped)", () => {
  expect(htmlOf(hostile())).toContain("&lt;script&gt;alert(1)&lt;/script&gt;")
  for (const active of ["<script>alert(1)</script>", `<img src=x>`, `<p onclick="x">`, "@import 'x'"])
    expect(active).toMatch(ACTIVE)
})
