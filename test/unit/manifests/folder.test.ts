import { describe, expect, test } from "vitest"

import { environments, filesInside, layoutOf } from "../../../.dagger/src/manifests/folder.ts"

describe("the layout of a folder of manifests", () => {
  test.each<[string, string[], Partial<ReturnType<typeof layoutOf>>]>([
    ["files of its own", ["b.yaml", "a.yml"], { files: ["a.yml", "b.yaml"] }],
    [
      "subfolders",
      ["backend/app.yaml", "frontend/app.yaml", "all.yaml"],
      { files: ["all.yaml", "backend/app.yaml", "frontend/app.yaml"] },
    ],
    [
      "overlays beside its own files: the files below are theirs",
      ["app.yaml", "patches/p.yaml", "overlays/production/kustomization.yaml", "overlays/production/ingress.yaml"],
      { files: ["app.yaml"], kustomizations: ["overlays/production"] },
    ],
    [
      "a base and an environment",
      ["base/kustomization.yml", "base/app.yaml", "production/Kustomization"],
      { files: [], kustomizations: ["base", "production"] },
    ],
    [
      "charts, whose templates are no manifests",
      ["app.yaml", "api/Chart.yaml", "api/values.yaml", "api/templates/all.yaml", "api/charts/redis/Chart.yaml"],
      { files: ["app.yaml"], charts: ["api"] },
    ],
    ["a chart itself", ["Chart.yaml", "values.yaml", "templates/all.yaml"], { files: [], charts: ["."] }],
    [
      "files of other kinds, which are no manifests",
      ["app.yaml", "app.yaml.orig", "README.md"],
      { files: ["app.yaml"] },
    ],
    [
      "folders in their order",
      ["b/Kustomization", "a/kustomization.yaml", "d/Chart.yaml", "c/Chart.yaml"],
      { files: [], kustomizations: ["a", "b"], charts: ["c", "d"] },
    ],
    ["nothing", [], { files: [] }],
  ])("%s", (_, paths, expected) => {
    expect(layoutOf(paths)).toEqual({ kustomizations: [], charts: [], ...expected })
  })

  test("has the files of one of its subfolders", () => {
    const layout = layoutOf(["staging/a.yaml", "staging/web/b.yaml", "staging-old/c.yaml"])
    expect(filesInside(layout, "staging")).toEqual(["staging/a.yaml", "staging/web/b.yaml"])
  })
})

test("environments are the kustomizations that are no part of another, and no component", () => {
  const texts = {
    base: "resources: [app.yaml]",
    production: "resources: [../base//, ingress.yaml, 1]\ncomponents: [../parts/tls]",
    old: "resources: [app.yaml]",
    staging: "bases: [../old]",
    "parts/tls": "resources: [tls.yaml]",
    "parts/unused": "kind: Component",
    broken: "resources: [",
  }
  expect(environments(new Map(Object.entries(texts)))).toEqual(["broken", "production", "staging"])
})
