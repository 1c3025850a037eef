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

describe("what Helm has rendered", () => {
  test("is told object by object, without what stands before the first", () => {
    const text = "# a note\n---\n# Source: shop/templates/a.yaml\na: 1\n---\n# Source: shop/crds/b.yaml\nb: 2\n"
    expect(objectsByTemplate(text, "charts/shop")).toEqual([
      { name: "charts/shop/templates/a.yaml (rendered)", text: "a: 1\n", isCrd: false },
      { name: "charts/shop/crds/b.yaml", text: "b: 2\n", isCrd: true },
    ])
  })

  const read = (namespace: string, name: string, data: string) =>
    parseManifests([
      {
        name: "a.yaml",
        text: `{ apiVersion: v1, kind: ConfigMap, metadata: { namespace: ${namespace}, name: ${name} }, data: { A: "${data}" } }`,
      },
    ])
  test.each([
    [
      "by its namespace and name, though they read the same together",
      unstable,
      read("ab", "c", "1"),
      "CHART_NOT_STABLE",
    ],
    ["by its content", unstable, read("a", "bc", "2"), "CHART_NOT_STABLE"],
    ["by its content, for another secret value", computed, read("a", "bc", "2"), "SECRET_VALUE_COMPUTED"],
  ])("is another one %s", (_, differing, other, code) => {
    expect([...differing(read("a", "bc", "1"), other)].map(problem => problem.code)).toEqual([code])
    expect([...differing(other, other)]).toEqual([])
  })

  test("has no place for a value that no object takes", () => {
    expect([...unusedValues(read("a", "b", "1"), CHART)]).toMatchObject([{ code: "SECRET_VALUE_UNUSED" }])
  })
})
