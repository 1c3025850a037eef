import { describe, expect, test } from "vitest"

import { nameConfigByContent, nameJobByContent } from "../../../.dagger/src/manifests/content-names.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { referencesOf } from "../../../.dagger/src/manifests/references.ts"
import { workload } from "./rules/problems.ts"

const objectsOf = (...texts: string[]) =>
  parseManifests([{ name: "app.yaml", text: texts.join("\n---\n") }]).map(({ object }) => object)
const config = (kind: string, name: string, fields: string) =>
  `{ apiVersion: v1, kind: ${kind}, metadata: { name: ${name} }, ${fields} }`

/** The names of objects of which a pod needs some, and those that the pod asks for. */
function named(from: string, ...texts: string[]) {
  const objects = objectsOf(workload({ container: `envFrom: [${from}]` }), ...texts)
  nameConfigByContent(objects)
  const [pod, ...configs] = objects
  return {
    asked: referencesOf(pod!).map(({ kind, name }) => `${kind} ${name}`),
    names: configs.map(({ kind, metadata: { name }, immutable }) => `${kind} ${name}${immutable ? " immutable" : ""}`),
  }
}
const nameOf = (kind: "ConfigMap" | "Secret", name: string, fields: string) =>
  named(`{ ${kind === "Secret" ? "secretRef" : "configMapRef"}: { name: ${name} } }`, config(kind, name, fields))
    .asked[0]!

describe("what pods need is named by its content, and immutable", () => {
  test("and the references follow", () => {
    const { asked, names } = named(
      "{ configMapRef: { name: a } }, { secretRef: { name: b } }, { configMapRef: { name: elsewhere } }",
      config("ConfigMap", "a", "data: { A: a }"),
      config("Secret", "b", "stringData: { A: a }"),
    )
    expect(names).toEqual([
      expect.stringMatching(/^ConfigMap a-[0-9a-f]{10} immutable$/),
      expect.stringMatching(/^Secret b-[0-9a-f]{10} immutable$/),
    ])
    expect(asked.map(name => `${name} immutable`)).toEqual([...names, "ConfigMap elsewhere immutable"])
  })

  test.each([
    ["nobody needs", config("ConfigMap", "other", "data: { A: a }"), "ConfigMap other"],
    ["has the name of another kind", config("Secret", "a", "stringData: { A: a }"), "Secret a"],
    [
      "is of a custom kind",
      "{ apiVersion: example.com/v1, kind: ConfigMap, metadata: { name: a }, data: { A: a } }",
      "ConfigMap a",
    ],
  ])("but not what %s", (_, text, name) => {
    expect(named("{ configMapRef: { name: a } }", text)).toEqual({ asked: ["ConfigMap a"], names: [name] })
  })

  test.each<["ConfigMap" | "Secret", string, string]>([
    ["ConfigMap", "data: { A: a }", "data: { A: b }"],
    ["ConfigMap", "data: { A: a }", "data: { B: a }"],
    ["ConfigMap", "binaryData: { A: YQ== }", "binaryData: { A: Yg== }"],
    ["ConfigMap", "data: { A: YQ== }", "binaryData: { A: YQ== }"],
    ["Secret", "stringData: { A: a }", "stringData: { A: b }"],
    ["Secret", "data: { A: YQ== }", "data: { A: Yg== }"],
    ["Secret", "stringData: { A: a }", "type: Opaque, stringData: { A: a }"],
  ])("a %s with another content has another name: %s, %s", (kind, one, other) => {
    expect(nameOf(kind, "a", one)).not.toBe(nameOf(kind, "a", other))
    expect(nameOf(kind, "a", one)).toBe(nameOf(kind, "a", one))
  })

  test("the order of keys is no content", () => {
    expect(nameOf("ConfigMap", "a", "data: { A: a, B: b }")).toBe(nameOf("ConfigMap", "a", "data: { B: b, A: a }"))
  })

  test("Secrets of one content do not show it by their names", () => {
    const [one, other] = ["one", "other"].map(name => nameOf("Secret", name, "stringData: { A: a }").split("-")[1])
    expect(one).not.toBe(other)
  })
})

test("a Job is named by its template: another one is another Job, which runs", () => {
  const nameOfJob = (image: string, annotations = "{}") => {
    const text = workload({ kind: "Job", name: "migrate", image }).replace("apps/v1", "batch/v1")
    const [job] = objectsOf(text.replace("name: migrate }", `name: migrate, annotations: ${annotations} }`))
    nameJobByContent(job!)
    return job!.metadata.name
  }
  expect(nameOfJob("a")).toMatch(/^migrate-[0-9a-f]{10}$/)
  expect(nameOfJob("a", "{ at: now }")).toBe(nameOfJob("a"))
  expect(nameOfJob("b")).not.toBe(nameOfJob("a"))
})
