import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.ts"
import { configurationKeys, configurationReference } from "../../docs/configuration.ts"
import { ownFile } from "../manifests/files.ts"
import { anchorsOf, brokenLinks, documents } from "./documents.ts"

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

  test("has no entry for anything else", () => {
    const entries = [...TROUBLESHOOTING.matchAll(/^### (\S+)$/gm)].map(([, code]) => code)
    expect(entries).toEqual([...CODES].sort())
  })
})

describe("README.md", () => {
  const readme = ownFile("README.md")

  test("shows a configuration that the module accepts", () => {
    const block = /^ {4}name: shop\n(?: {4}.*\n)+/m.exec(readme)![0]
    expect(parseConfig(block.replace(/^ {4}/gm, ""), "README.md")).toMatchObject({
      name: "shop",
      frontend: { inFlight: "/api/cart" },
    })
  })

  test("names every page of docs/", () => {
    const pages = documents().filter(path => path.startsWith("docs/"))
    expect(pages.filter(path => !readme.includes(`](${path})`))).toEqual([])
  })
})

describe("links", () => {
  test.each(documents())("%s leads to files and headings that exist", path => {
    expect(brokenLinks(path, ownFile(path), ownFile)).toEqual([])
  })

  const page = "# Two words, `code` and an *accent*\n\n```sh\n# no heading\n```\n\n## `KEY_NAME`\n"
  test("an anchor is the heading in small letters, with dashes for spaces", () => {
    expect(anchorsOf(page)).toEqual(["two-words-code-and-an-accent", "key_name"])
  })

  test.each([
    ["[x](images.md#key_name)", []],
    ["[x](#own)\n# Own", []],
    ["[x](https://example.com/no.md#such)", []],
    ["[x](nowhere.md)", ["docs/a.md: nowhere.md does not exist"]],
    ["[x](images.md#no-heading)", ["docs/a.md: docs/images.md has no heading for #no-heading"]],
    ["[x](#other)\n# Own", ["docs/a.md: docs/a.md has no heading for #other"]],
  ])("are checked: %j", (text, problems) => {
    expect(brokenLinks("docs/a.md", text, () => page)).toEqual(problems)
  })
})
