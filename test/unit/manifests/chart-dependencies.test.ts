import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import {
  aliasesIn,
  dependenciesIn,
  folderOf,
  missingIn,
  repositoriesFor,
} from "../../../.dagger/src/manifests/chart-dependencies.ts"

const chart = (...dependencies: object[]) => JSON.stringify({ apiVersion: "v2", name: "shop", dependencies })

test.each([
  ["none", "name: shop", []],
  ["an empty list", "dependencies:", []],
  ["no YAML", "name: [shop", []],
  ["what is no list", "dependencies: redis", []],
  ["two", chart({ name: "redis", version: "1.0.0" }, { name: "common" }), ["redis", "common"]],
])("a Chart.yaml names its dependencies: %s", (_, text, names) => {
  expect(dependenciesIn(text).map(({ name }) => name)).toEqual(names)
})

test("a dependency without a repository is one that charts/ has to have", () => {
  expect(dependenciesIn(chart({ name: "common" }))).toEqual([{ name: "common", repository: "" }])
})

describe("what charts/ does not have is downloaded", () => {
  test.each<[string, string[], string[]]>([
    ["nothing there", [], ["redis", "common"]],
    ["a folder, and an archive", ["charts/redis/", "charts/common-0.1.0.tgz"], []],
    ["a version with a v", ["shop/charts/redis-v1.tgz", "shop/charts/common"], []],
    ["another chart's archive and folder", ["charts/redis-cluster-1.0.0.tgz", "charts/common-2"], ["redis", "common"]],
    ["an archive of a name as long", ["charts/kafka-1.0.0.tgz", "charts/common"], ["redis"]],
    ["something that is no chart", ["charts/redis-1.0.0.tgz.prov", "charts/common.yaml"], ["redis", "common"]],
  ])("%s", (_, charts, missing) => {
    const dependencies = dependenciesIn(chart({ name: "redis" }, { name: "common" }))
    expect(missingIn(charts, dependencies).map(({ name }) => name)).toEqual(missing)
  })
})

describe("with a Chart.lock, Helm downloads from the repositories that it has in its list", () => {
  const from = (...repositories: (string | null)[]) =>
    dependenciesIn(chart(...repositories.map((repository, index) => ({ name: `chart-${index}`, repository }))))

  test.each<[string, (string | null)[], string[]]>([
    [
      "each by http or https once",
      ["https://a.example/charts", "http://b.example", "https://a.example/charts/", "https://a.example/charts//"],
      ["https://a.example/charts", "http://b.example"],
    ],
    ["none by oci or file, none without an address", ["oci://a.example/charts", "file://../common", "", null], []],
    ["none that a plugin downloads", ["git+https://a.example/charts@common"], []],
    ["none by a name", ["@bitnami", "alias:bitnami"], []],
  ])("%s", (_, repositories, urls) => {
    const { repositories: listed } = parse(repositoriesFor(from(...repositories))) as {
      repositories: { name: string; url: string }[]
    }
    expect(listed).toEqual(urls.map((url, index) => ({ name: `repository-${index}`, url })))
  })

  test("names that only a machine's own list knows are told", () => {
    expect(aliasesIn(from("https://user@a.example", "oci://a.example/alias:b", "@bitnami", "alias:b"))).toEqual([
      "@bitnami",
      "alias:b",
    ])
  })
})

test.each([
  ["charts/umbrella/charts/api", "file://../../../common", "charts/common"],
  ["charts/shop", "file://../common/", "charts/common"],
  [".", "file://lib", "lib"],
  // Where the folder of manifests is the chart, and all that there is.
  [".", "file://../lib", "../lib"],
  ["charts/shop", "file:///opt/common", undefined],
  ["charts/shop", "https://a.example", undefined],
  ["charts/shop", "git+file://common", undefined],
])("a chart in %s that depends on %s needs %s to be complete first", (path, repository, expected) => {
  expect(folderOf(path, { name: "common", repository })).toBe(expected)
})
