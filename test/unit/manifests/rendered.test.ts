import { existsSync, readdirSync, readFileSync } from "node:fs"

import { describe, expect, test } from "vitest"

import { describe as nameOf } from "../../../.dagger/src/manifests/manifest.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { formatProblem } from "../../../.dagger/src/manifests/problem.ts"
import { computed, objectsByTemplate, unstable, unusedValues } from "../../../.dagger/src/manifests/rendered.ts"
import { caseFolder } from "./files.ts"

const CHART = { path: "charts/api", secretValues: { "secrets.databaseUrl": "DATABASE_URL" } }

/** What Helm has printed: the objects with their places, or what is wrong with them. */
describe("what Helm renders: a folder per case, in cases/charts", () => {
  test.each(readdirSync(caseFolder("charts")))("%s", name => {
    const read = (file: string) => {
      const path = caseFolder("charts", name, file)
      return parseManifests(existsSync(path) ? objectsByTemplate(readFileSync(path, "utf8"), CHART.path) : [])
    }
    const manifests = read("rendered.yaml")
    const other = read("other.yaml")
    const usesSecrets = name.includes("secret")
    const differing = [...unstable(manifests, read("again.yaml"))]
    const problems = [
      ...differing,
      ...(other.length > 0 && differing.length === 0 ? computed(manifests, other) : []),
      ...(usesSecrets ? unusedValues(manifests, CHART) : []),
    ].map(formatProblem)
    const objects = manifests.map(
      manifest => `${nameOf(manifest.object)}: ${manifest.file}:${manifest.locate([]).line}`,
    )
    const expected = readFileSync(caseFolder("charts", name, "expected.txt"), "utf8")
    expect(`${(problems.length > 0 ? problems : objects).join("\n")}\n`).toBe(expected)
  })
})
