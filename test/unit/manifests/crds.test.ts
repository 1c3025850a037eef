import { describe, expect, test } from "vitest"

import { apisOf, crdProblems, crdsOf, isDefinedBy } from "../../../.dagger/src/manifests/crds.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { crd } from "./crds.ts"

describe("what a chart has in crds/", () => {
  const read = (...texts: string[]) => parseManifests([{ name: "charts/api/crds/all.yaml", text: texts.join("---\n") }])
  const widgets = crd("widgets.example.com")
  const definition = `${JSON.stringify(widgets.object)}\n`

  test("are CustomResourceDefinitions", () => {
    const manifests = read(definition)
    expect(crdsOf(manifests, "charts/api")).toEqual([widgets])
    expect([...crdProblems(manifests)]).toEqual([])
  })

  test.each([
    ["another kind", "{ apiVersion: v1, kind: Namespace, metadata: { name: api } }", "Namespace api"],
    [
      "a version that clusters have not served for years",
      "{ apiVersion: apiextensions.k8s.io/v1beta1, kind: CustomResourceDefinition, metadata: { name: a.b } }",
      "CustomResourceDefinition a.b",
    ],
  ])("are refused by name where they are %s", (_, text, named) => {
    const manifests = read(definition, text)
    expect(crdsOf(manifests, "charts/api")).toEqual([widgets])
    expect([...crdProblems(manifests)]).toEqual([
      {
        code: "CRDS_OTHER_KIND",
        what: `${named} is in crds/, and is no CustomResourceDefinition of apiextensions.k8s.io/v1`,
        fix: "move it to templates/; crds/ is for what is installed once per cluster",
        where: { file: "charts/api/crds/all.yaml", line: 3, column: text.indexOf("kind:") + 1 },
      },
    ])
  })
})

test("templates see each version that is served, and the kind in it", () => {
  expect(apisOf([crd("widgets.example.com", { versions: { v1alpha1: false, v1: true, v2: true } })])).toEqual([
    "example.com/v1",
    "example.com/v1/Widget",
    "example.com/v2",
    "example.com/v2/Widget",
  ])
})

test.each([
  ["example.com/v1", "Widget", true],
  ["example.com/v2", "Widget", true],
  ["example.com/v1", "Gadget", false],
  ["example.com.org/v1", "Widget", false],
  ["v1", "Widget", false],
])("an object of %s %s is of a kind that is defined: %s", (apiVersion, kind, defined) => {
  expect(
    isDefinedBy([crd("others.example.com", { kind: "Other" }), crd("widgets.example.com")], { apiVersion, kind }),
  ).toBe(defined)
})
