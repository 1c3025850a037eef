import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { discoverCharts } from "../../../.dagger/src/init/charts.js"

const CASES = join(import.meta.dirname, "cases/secret-values")

interface Case {
  about: string
  /** The chart's values.yaml, and its only template. */
  values: string
  template: string
  secretValues: Record<string, string>
  left?: string[]
}

describe("the values that a chart's Secrets are made of", () => {
  test.each(
    readdirSync(CASES).map(name => ({
      name,
      ...(parse(readFileSync(join(CASES, name, "case.yaml"), "utf8")) as Case),
    })),
  )("$name: $about", ({ values, template, secretValues, left }) => {
    const texts = {
      "chart/Chart.yaml": "name: api",
      "chart/values.yaml": values,
      "chart/templates/secret.yaml": template,
    }
    const [chart] = discoverCharts({ files: Object.keys(texts), texts })
    expect(chart).toEqual({ path: "chart", secretValues, ...(left && { left }) })
  })
})
