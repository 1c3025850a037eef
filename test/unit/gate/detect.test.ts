import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { planSuite } from "../../../.dagger/src/gate/detect.js"
import type { Layout } from "../../../.dagger/src/gate/layout.js"
import type { Suite } from "../../../.dagger/src/gate/suite.js"
import { messageOf } from "../../../.dagger/src/util/errors.js"

const CASES = join(import.meta.dirname, "cases/detect")

/** A repository of a case: its files, all of them read. */
function layoutOf(folder: string): Layout {
  const texts = parse(readFileSync(join(folder, "repository.yaml"), "utf8")) as Layout["texts"]
  return { files: Object.keys(texts), texts }
}

function plan(folder: string, app: "backend" | "frontend") {
  const layout = layoutOf(folder)
  const config = parseConfig(layout.texts["cloud-native.yaml"] ?? "", "cloud-native.yaml")
  try {
    return summaryOf(planSuite(app, config[app], layout))
  } catch (error) {
    return { error: messageOf(error) }
  }
}

/** A plan as a person writes it down: a command is a line, what is empty is left out. */
function summaryOf(suite: Suite) {
  const lines = (commands: string[][]) => commands.map(words => words.join(" "))
  const { root, installIn, runIn, base, env, expected, lockfiles, warnings } = suite
  const all = {
    base,
    root,
    installIn,
    runIn,
    env,
    tools: lines(suite.tools),
    reads: suite.reads ? "manifests" : "everything",
    install: lines(suite.install),
    link: lines(suite.link),
    command: suite.command.join(" "),
    lockfiles,
    expected: expected?.names.map(name => [name, ...(expected.locked[name] ?? [])].join(" ")) ?? [],
    asked: suite.asked.map(({ range, file }) => `${range}: ${file}`),
    warnings,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => Object.keys(value).length > 0))
}

/** A case is a repository (repository.yaml, text by path) and what is found in it, for each application named in expected.yaml: all that is said there. */
describe("the suite of a repository", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const expected = parse(readFileSync(join(CASES, name, "expected.yaml"), "utf8")) as Record<string, unknown>
    const found = Object.keys(expected).map(app => [app, plan(join(CASES, name), app as "backend" | "frontend")])
    expect(Object.fromEntries(found)).toEqual(expected)
  })
})
