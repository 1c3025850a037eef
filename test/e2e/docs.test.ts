import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { beforeAll, describe, expect, test } from "vitest"

import { functionReference } from "../docs/functions.ts"
import { mistakeIn, type Registered, registered } from "../engine/registered.ts"
import { ROOT } from "./dagger.ts"

const DOCUMENTS = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter(name => name.endsWith(".md"))
    .map(name => join("docs", name)),
  "examples/README.md",
]

let own: Registered
beforeAll(async () => {
  own = await registered(ROOT)
})

test("docs/functions.md is what the module registers; npm run docs makes it so", () => {
  expect(readFileSync(join(ROOT, "docs/functions.md"), "utf8")).toBe(functionReference(own))
})

describe("the documents' commands are commands that the module has", () => {
  const calls = DOCUMENTS.flatMap(path => callsIn(readFileSync(join(ROOT, path), "utf8")))
  test("some", () => {
    expect(calls.length).toBeGreaterThan(10)
  })
  test.each(calls)("%s", line => {
    expect(mistakeIn(wordsOf(line), own)).toBeUndefined()
  })
  test.each([
    ["dagger call cloud-native deploy --registry=ghcr.io/acme", "unknown flag: --registry"],
    ["dagger call no-such --x", 'unknown command "no-such" for "dagger call"'],
  ])("%s is none", (line, mistake) => {
    expect(mistakeIn(wordsOf(line), own)).toBe(mistake)
  })
})

/** The lines of code blocks that call the module, with those that continue them. */
function callsIn(text: string): string[] {
  return text
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter(line => /^ {4}.*dagger call /.test(line))
    .map(line => line.replace(/ +#.*| \|\| .*/, "").replace(/^.*?(?=dagger call )/, ""))
}

/** The words after `dagger call`; an ellipsis stands for more of them, or for a value. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:"[^"]*"|[^\s"])+/g) ?? []
  return words.slice(2).filter((word, index) => word !== "…" && !(index < 2 && word === "cloud-native"))
}
