import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { ownFile } from "../manifests/files.ts"

const ROOT = join(import.meta.dirname, "../../..")
const TEMPLATES = ".dagger/templates"

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(join(ROOT, folder).length + 1))
    .sort()
}

describe("this repository has what init gives to others", () => {
  test.each(["docker", "k8s"])("%s/", folder => {
    expect(filesIn(folder)).toEqual(filesIn(join(TEMPLATES, folder)))
  })

  const files = ["docker", "k8s"].flatMap(folder => filesIn(join(TEMPLATES, folder)).map(name => join(folder, name)))
  test.each(files)("%s: after a change, copy it to or from .dagger/templates", path => {
    expect(ownFile(path)).toBe(ownFile(join(TEMPLATES, path)))
  })

  test("static-files.cjs, which the frontend's Dockerfile loads", () => {
    expect(ownFile("test/app/frontend/static-files.cjs")).toBe(ownFile(join(TEMPLATES, "frontend/static-files.cjs")))
  })

  test("the workflow, which calls the module by its name elsewhere", () => {
    const path = ".github/workflows/deploy.yml"
    expect(ownFile(join(TEMPLATES, path)).replaceAll("dagger call cloud-native ", "dagger call ")).toBe(ownFile(path))
    expect(ownFile(join(TEMPLATES, path))).not.toMatch(/dagger call (?!cloud-native )/)
  })
})

test.each(filesIn(join(TEMPLATES, "k8s")))("k8s/%s names its task in every document", name => {
  for (const document of ownFile(join(TEMPLATES, "k8s", name)).split(/^---$/m))
    expect(document).toMatch(/^\s*# .*T-40[1-4]/m)
})

describe("the overlays", () => {
  const base = readdirSync(join(ROOT, "k8s")).filter(name => name.endsWith(".yaml"))
  test.each(readdirSync(join(ROOT, "k8s/overlays")))("%s has every manifest of the base", name => {
    const folder = join("k8s/overlays", name)
    const { resources } = parse(ownFile(join(folder, "kustomization.yaml"))) as { resources: string[] }
    expect(resources).toEqual(expect.arrayContaining(base.map(file => `../../${file}`)))
    for (const resource of resources) expect(existsSync(join(ROOT, folder, resource)), resource).toBe(true)
  })
})
