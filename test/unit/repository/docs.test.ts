import { parse as parseToml } from "smol-toml"
import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.ts"
import { configurationKeys, configurationReference } from "../../docs/configuration.ts"
import { ownFile } from "../manifests/files.ts"
import { anchorsOf, brokenLinks, documents, filesBelow } from "./documents.ts"

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

describe("docs/dagger-lines.md", () => {
  const page = ownFile("docs/dagger-lines.md")

  test.each(["install", "call", "check", "settings", "environments", "upgrade"])("%s: a column for each line", row => {
    expect(page).toMatch(new RegExp(`^\\| \\| 0\\.21 \\| 1\\.0 \\|$[^]*^\\| ${row} \\| [^|]+ \\| [^|]+ \\|$`, "m"))
  })

  // Every scheme that Dagger 0.21 resolves, and sops, which is a command.
  test.each([
    "env:",
    "file:",
    "cmd:",
    "cmd:sops ",
    "vault://",
    "op://",
    "aws+sm://",
    "aws+ps://",
    "gcp://",
    "libsecret://",
  ])("secrets: %s has a line of the table", reference => {
    expect(page).toMatch(new RegExp(`^\\| [^|]+ \\| .*\`${reference.replaceAll("+", "\\+")}[^|]* \\|$`, "m"))
  })

  test("the module's tools are named by releases, but for those that it says float", () => {
    const floating = Object.values(parseConfig("", "none").images).filter(image => !/:v?\d+\.\d+\.\d+/.test(image))
    expect(page).toContain(
      `floating\n${floating
        .toSorted()
        .map(image => `\`${image}\``)
        .join(" and ")}`,
    )
  })
})

describe("what documents and test/consumer pass to the module", () => {
  const settings = [
    ...ownFile("docs/functions.md")
      .split("\n## ")[1]!
      .matchAll(/^\| `--([\w-]+)` \|/gm),
  ].map(([, name]) => name!.replaceAll("-", ""))
  const texts = [...documents(), ...filesBelow("test/consumer", /\.ts$/)].map(path => ({ path, text: ownFile(path) }))
  const found = texts.flatMap(({ path, text }) => settingsIn(text).map(name => ({ path, name })))

  // Dagger ignores a name that it does not know, without a word.
  test("is a setting of the module", () => {
    expect(settings).toEqual(expect.arrayContaining(["registry", "publicurl", "timeout"]))
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(["CLOUD_NATIVE_PUBLICURL", "kubeconfig"]))
    const known = ({ name }: { name: string }) => settings.includes(name.replace(/^CLOUD_NATIVE_/, "").toLowerCase())
    expect(found.filter(each => !known(each))).toEqual([])
  })

  // A relative one is looked up in the caller's folder, and not found from another.
  test("names secrets by absolute paths", () => {
    const relative = (text: string) => text.match(/\bfile:(?!PATH)[\w.][^\s`]*/g) ?? []
    expect(relative("`--secrets=file:prod.env`, `file:PATH`, file:$HOME/x, file:/x")).toEqual(["file:prod.env"])
    expect(texts.flatMap(({ text }) => relative(text))).toEqual([])
  })

  // On Dagger 1.0, a call without it fails.
  test("passes ws on, wherever a module calls this one", () => {
    const calls = texts.flatMap(({ text }) => text.match(/cloudNative\([^)]*\)/g) ?? [])
    expect(calls.length).toBeGreaterThan(5)
    expect(calls.filter(call => !/^cloudNative\(\{ ws[ ,]/.test(call))).toEqual([])
  })
})

/** The settings in lines of a .env, and in blocks of a dagger.toml. */
function settingsIn(text: string): string[] {
  const ofEnv = [...text.matchAll(/^ {4}(CLOUD_NATIVE_\w+)=/gm)].map(([, name]) => name!)
  const blocks = (text.match(/(^ {4}.*\n|^\n(?= {4}))+/gm) ?? []).filter(block =>
    block.includes("cloud-native.settings]"),
  )
  const ofToml = blocks.flatMap(block => Object.keys(deepest(parseToml(block.replace(/^ {4}/gm, "")))))
  return [...ofEnv, ...ofToml]
}

/** All keys whose values are no tables. */
function deepest(table: object): object {
  return Object.fromEntries(
    Object.entries(table).flatMap(([key, value]) =>
      typeof value === "object" && value !== null ? Object.entries(deepest(value as object)) : [[key, value]],
    ),
  )
}

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
