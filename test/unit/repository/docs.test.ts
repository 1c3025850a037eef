import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"

import { configurationKeys, configurationReference } from "../../docs/configuration.ts"
import { ownFile } from "../manifests/files.ts"

const ROOT = join(import.meta.dirname, "../../..")
const TROUBLESHOOTING = ownFile("docs/troubleshooting.md")
const CODES = [...ownFile(".dagger/src/util/errors.ts").matchAll(/^ {2}\| "([A-Z_]+)"/gm)].map(([, code]) => code!)

describe("docs/configuration.md", () => {
  test("is current; npm run docs makes it so", () => {
    expect(ownFile("docs/configuration.md")).toBe(configurationReference())
  })

  test("describes every key; in schema.ts, that is the comment above it", () => {
    const keys = configurationKeys()
    expect(keys.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["name", "backend.test.command", "services.<name>.image", "handshake[].expect.status"]),
    )
    expect(keys.filter(({ description }) => !description).map(({ path }) => path)).toEqual([])
  })
})

describe("docs/troubleshooting.md", () => {
  test("knows all codes", () => {
    expect(CODES).toContain("BUG")
    expect(CODES.length).toBeGreaterThan(20)
  })

  test.each(CODES)("%s has its entry: a heading, then **Cause** and **Remedy**", code => {
    expect(TROUBLESHOOTING).toMatch(
      new RegExp(`^### ${code}\\n+\\*\\*Cause\\.\\*\\* \\S[^#]*\\*\\*Remedy\\.\\*\\* \\S`, "m"),
    )
  })

  test("has no entry for what is no code", () => {
    const entries = [...TROUBLESHOOTING.matchAll(/^### (\S+)$/gm)].map(([, code]) => code)
    expect(entries).toEqual([...CODES].sort())
  })
})

describe("links from document to document", () => {
  const documents = readdirSync(join(ROOT, "docs")).filter(name => name.endsWith(".md"))
  test.each(["README.md", ...documents.map(name => join("docs", name))])("%s leads to files that are there", path => {
    const links = [...ownFile(path).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link!)
    for (const link of links) expect(existsSync(join(ROOT, path, "..", link)), link).toBe(true)
  })
})
