import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { chooseFolders, otherGenerations } from "../../../.dagger/src/init/generations.js"

const CASES = join(import.meta.dirname, "cases/generations")

interface Case {
  about: string
  files: Record<string, string>
  chosen?: { backend?: string; frontend?: string }
  /** What is chosen, and the folders of other generations; or the texts of the refusal. */
  folders?: { backend: string; frontend: string }
  others?: string[]
  refused?: string[]
}

const CASE = readdirSync(CASES).map(name => ({
  name,
  ...(parse(readFileSync(join(CASES, name, "case.yaml"), "utf8")) as Case),
}))
const layoutOf = ({ files }: Case) => ({ files: Object.keys(files), texts: files })

describe("the folders of the applications", () => {
  test.each(CASE.filter(({ folders }) => folders))("$name: $about", one => {
    const folders = chooseFolders(layoutOf(one), one.chosen ?? {})
    expect(folders).toEqual(one.folders)
    expect(otherGenerations(folders, layoutOf(one))).toEqual(one.others)
  })

  test.each(CASE.filter(({ refused }) => refused))("$name: $about", one => {
    const choose = () => chooseFolders(layoutOf(one), one.chosen ?? {})
    for (const text of one.refused!) expect(choose).toThrow(text)
  })
})
