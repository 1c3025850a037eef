import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { discoverCharts, type DiscoveredChart } from "../../../.dagger/src/init/charts.js"

const CASES = join(import.meta.dirname, "cases/releases")

interface Case {
  about: string
  files: Record<string, string>
  /** What is known of each chart, but for its secret values. */
  charts: Omit<DiscoveredChart, "secretValues">[]
}

describe("a chart as the repository deploys it today", () => {
  test.each(
    readdirSync(CASES).map(name => ({
      name,
      ...(parse(readFileSync(join(CASES, name, "case.yaml"), "utf8")) as Case),
    })),
  )("$name: $about", ({ files, charts }) => {
    const found = discoverCharts({ files: Object.keys(files), texts: files })
    expect(found).toEqual(charts.map(chart => ({ ...chart, secretValues: {} })))
  })
})
