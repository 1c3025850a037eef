// The workflow, checked as GitHub's own tools do, and against what the module has.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { describe, expect, onTestFinished, test } from "vitest"
import { parse } from "yaml"

import { mistakeIn, registered } from "../engine/registered.ts"
import { run } from "../lab/process.ts"
import { actionlint, zizmor } from "../lab/tools.ts"
import { WORKFLOW } from "./act.ts"
import { ROOT } from "./dagger.ts"

const TEXT = readFileSync(join(ROOT, WORKFLOW), "utf8")

describe("the workflow", () => {
  const checked = async (program: string, args: string[], text: string) => {
    const folder = mkdtempSync(join(tmpdir(), "cloud-native-workflow-"))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, "deploy.yml"), text)
    const { exitCode, stdout, stderr } = await run([program, ...args, join(folder, "deploy.yml")], { check: false })
    return { exitCode, output: stdout + stderr }
  }
  const lint = async (text: string) => checked(await actionlint(), ["-no-color"], text)
  const audit = async (text: string) =>
    checked(await zizmor(), ["--offline", "--persona=pedantic", "--no-progress", "--color=never"], text)

  test.each([WORKFLOW, ".github/workflows/test.yml"])("%s has no finding of actionlint or zizmor", async path => {
    const text = readFileSync(join(ROOT, path), "utf8")
    expect(await lint(text)).toEqual({ exitCode: 0, output: "" })
    const { exitCode, output } = await audit(text)
    expect(exitCode, output).toBe(0)
    expect(output).toContain("No findings")
  })

  test("actionlint finds a step that does not exist", async () => {
    expect(
      (await lint(TEXT.replace("steps.deploy.outputs.started", "steps.deployed.outputs.started"))).output,
    ).toContain('property "deployed" is not defined')
  })

  test("zizmor finds an action by tag, credentials that persist, permissions that are wide", async () => {
    const weak = TEXT.replace(/checkout@[0-9a-f]{40} # v/, "checkout@v")
      .replace(/ +with:\n +persist-credentials: false\n/, "")
      .replace("permissions: {}", "permissions: write-all")
    for (const finding of ["unpinned-uses", "artipacked", "excessive-permissions"])
      expect((await audit(weak)).output).toContain(finding)
  })

  test("calls functions with arguments that the module really has", async () => {
    const calls = callsIn(TEXT)
    expect(calls.map(words => words.find(word => !word.startsWith("-")))).toEqual([
      "check-manifests",
      "test",
      "deploy",
      "report",
    ])
    const own = await registered(ROOT)
    expect(calls.map(words => mistakeIn(words, own))).toEqual([undefined, undefined, undefined, undefined])

    const renamed = mkdtempSync(join(ROOT, "test/engine/.fixture-"))
    onTestFinished(() => rmSync(renamed, { recursive: true }))
    for (const path of ["dagger.json", ".dagger"]) cpSync(join(ROOT, path), join(renamed, path), { recursive: true })
    const index = join(renamed, ".dagger/src/index.ts")
    writeFileSync(index, readFileSync(index, "utf8").replaceAll("publicUrl", "address"))
    const other = await registered(renamed)
    expect(calls.map(words => mistakeIn(words, other))).toEqual([
      undefined,
      undefined,
      "unknown flag: --public-url",
      undefined,
    ])
  })
})

/** The words of each `dagger call`, variables as they stand. */
function callsIn(workflow: string): string[][] {
  const jobs = Object.values((parse(workflow) as { jobs: Record<string, { steps: { run?: string }[] }> }).jobs)
  const lines = jobs.flatMap(({ steps }) =>
    steps.flatMap(({ run = "" }) => run.replaceAll("\\\n", " ").split(/\n|\|\|/)),
  )
  const words = (line: string) => (line.match(/(?:"[^"]*"|[^\s"])+/g) ?? []).map(word => word.replaceAll('"', ""))
  return lines
    .map(words)
    .filter(([program, verb]) => program === "dagger" && verb === "call")
    .map(([, , ...rest]) => rest)
}
