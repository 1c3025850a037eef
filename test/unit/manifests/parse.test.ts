import { readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { CloudNativeError } from "../../../.dagger/src/util/errors.ts"
import { caseFolder, yamlFiles } from "./files.ts"

describe("parseManifests", () => {
  test("reads several documents as kubectl does: octal modes, merge keys, null as absent, empty documents left out", () => {
    const [manifest, ...others] = parseManifests(yamlFiles(caseFolder("parse/valid")))
    expect(others).toEqual([])
    expect(manifest!.object).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: {
        template: {
          spec: {
            containers: [
              { name: "web", image: "backend" },
              { name: "other", image: "backend" },
            ],
            volumes: [{ name: "settings", configMap: { name: "settings", defaultMode: 0o644 } }],
          },
        },
      },
    })
  })

  test("knows where a field stands, and what would hold it where it is absent", () => {
    const [manifest] = parseManifests(yamlFiles(caseFolder("parse/valid")))
    expect(manifest!.file).toBe("manifests.yaml")
    expect(manifest!.locate([])).toEqual({ line: 6, column: 1 })
    expect(manifest!.locate(["metadata", "name"])).toEqual({ line: 9, column: 3 })
    expect(manifest!.locate(["spec", "template", "spec", "containers", 0, "image"])).toEqual({ line: 17, column: 11 })
    expect(manifest!.locate(["spec", "replicas"])).toEqual({ line: 11, column: 1 })
    expect(manifest!.locate(["spec", "strategy", "type"])).toEqual({ line: 11, column: 1 })
    expect(manifest!.locate(["spec", "template", "spec", "containers", 2, "image"])).toEqual({ line: 14, column: 7 })
  })

  test("finds a field that stands elsewhere by an alias", () => {
    const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, labels: &all { tier: web } }\ndata: *all\n"
    expect(parseManifests([{ name: "a.yaml", text }])[0]!.locate(["data", "tier"])).toEqual({ line: 3, column: 37 })
  })

  test("takes a List apart, as kubectl exports it, without what the API server has set; each object has its place", () => {
    const manifests = parseManifests(yamlFiles(caseFolder("parse/list")))
    expect(manifests.map(({ object }) => object)).toEqual([
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", labels: { a: "b" } }, data: { A: "1" } },
      { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } },
    ])
    expect(manifests[1]!.locate(["spec", "ports", 0, "port"])).toEqual({ line: 30, column: 21 })
  })

  test.each([
    [
      "a kind that ends like a list, and is none",
      "{ apiVersion: example.com/v1, kind: AllowList, metadata: { name: a } }",
    ],
    [
      "a kind that has items, and is no list",
      "{ apiVersion: example.com/v1, kind: Menu, metadata: { name: a }, items: [1] }",
    ],
    [
      "a name beside the beginning of one, which does not count then",
      "{ apiVersion: v1, kind: ConfigMap, metadata: { name: a, generateName: b- } }",
    ],
  ])("takes as it is: %s", (_, text) => {
    expect(parseManifests([{ name: "a.yaml", text }]).map(({ object }) => object)).toEqual([parse(text)])
  })

  test("tells objects apart by namespace and name, and not by both in a row", () => {
    const config = (namespace: string, name: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { namespace: ${namespace}, name: ${name} }`
    const text = [config("a", "bc"), config("ab", "c")].join("\n---\n")
    expect(parseManifests([{ name: "a.yaml", text }])).toHaveLength(2)
  })

  test("names every mistake of every file by line and column", () => {
    const folder = caseFolder("parse/mistakes")
    const error = catchError(() => parseManifests(yamlFiles(folder)))
    expect(error.code).toBe("MANIFESTS_INVALID")
    expect(error.why).toBe(readFileSync(join(folder, "expected.txt"), "utf8").trimEnd())
  })
})

function catchError(action: () => unknown): CloudNativeError {
  try {
    action()
  } catch (error) {
    if (error instanceof CloudNativeError) return error
    throw error
  }
  throw new Error("nothing was thrown")
}
