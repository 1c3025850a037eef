// The workflow: checked as GitHub's own tools do, and run, by the embedded engine's CLI, onto the lab's registry and cluster.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { parse } from "yaml"

import { mistakeIn, registered } from "../engine/registered.ts"
import { labDown, temporaryLab, type Lab } from "../lab/lab.ts"
import { run } from "../lab/process.ts"
import { actionlint, zizmor } from "../lab/tools.ts"
import { createNamespace } from "../target/target.ts"
import { runWorkflow, WORKFLOW, type Ran } from "./act.ts"
import { ROOT } from "./dagger.ts"
import { Source } from "./source.ts"

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
  const audit = async (text: string) => checked(await zizmor(), ["--offline", "--persona=pedantic", "--no-progress", "--color=never"], text)

  test("has no finding of actionlint, which finds a step that does not exist", async () => {
    expect(await lint(TEXT)).toEqual({ exitCode: 0, output: "" })
    expect((await lint(TEXT.replace("steps.deploy.outputs.started", "steps.deployed.outputs.started"))).output).toContain('property "deployed" is not defined')
  })

  test("has no finding of zizmor, which finds an action by tag, credentials that persist, permissions that are wide", async () => {
    const { exitCode, output } = await audit(TEXT)
    expect(exitCode, output).toBe(0)
    expect(output).toContain("No findings")
    const weak = TEXT.replace(/checkout@[0-9a-f]{40} # v/, "checkout@v").replace(/ +with:\n +persist-credentials: false\n/, "").replace("permissions: {}", "permissions: write-all")
    for (const finding of ["unpinned-uses", "artipacked", "excessive-permissions"]) expect((await audit(weak)).output).toContain(finding)
  })

  test("calls functions with arguments that the module really has", async () => {
    const calls = callsIn(TEXT)
    expect(calls.map(words => words.find(word => !word.startsWith("-")))).toEqual(["test", "deploy", "report"])
    const own = await registered(ROOT)
    expect(calls.map(words => mistakeIn(words, own))).toEqual([undefined, undefined, undefined])

    const renamed = mkdtempSync(join(ROOT, "test/engine/.fixture-"))
    onTestFinished(() => rmSync(renamed, { recursive: true }))
    for (const path of ["dagger.json", ".dagger"]) cpSync(join(ROOT, path), join(renamed, path), { recursive: true })
    const index = join(renamed, ".dagger/src/index.ts")
    writeFileSync(index, readFileSync(index, "utf8").replaceAll("publicUrl", "address"))
    const other = await registered(renamed)
    expect(calls.map(words => mistakeIn(words, other))).toEqual([undefined, "unknown flag: --public-url", undefined])
  })
})

describe("run as GitHub runs it", () => {
  const NAMESPACE = "minimal"
  let lab: Lab

  beforeAll(async () => {
    lab = await temporaryLab({ name: `workflow-${process.pid}` })
    await createNamespace(lab, NAMESPACE)
  })
  afterAll(() => labDown(lab?.name))

  /** What refers to a secret, since the workflow gives one. */
  const greeting = "env: [{ name: GREETING, valueFrom: { secretKeyRef: { name: app-secrets, key: GREETING } } }]"
  const source = () => Source.minimal().edit("k8s/app.yaml", "command: [python, -c", `${greeting}\n          command: [python, -c`)

  const push = (source: Source): Promise<Ran> =>
    runWorkflow("push", source, {
      secrets: { KUBECONFIG: readFileSync(lab.kubeconfig, "utf8"), APP_SECRETS: "GREETING=greeting-of-the-team", GITHUB_TOKEN: "token-of-the-job" },
      variables: { REGISTRY: `${lab.registry}/Acme`, PUBLIC_URL: "https://minimal.example.com" },
    })

  test("a pull request is tested, built and verified, and nothing of it is deployed", async () => {
    const { exitCode, log } = await runWorkflow("pull_request", Source.minimal())
    expect(exitCode, log).toBe(0)
    expect(log).toMatch(/backend +size .* PASS/)
    expect(log).not.toContain("Deploy to production")
  })

  test("a push is deployed, and its report is in the log, in the summary and in the artifact", async () => {
    const { exitCode, log, artifacts } = await push(source())
    expect(exitCode, log).toBe(0)
    const report = JSON.parse(readFileSync(join(artifacts, "deployment-report/report.json"), "utf8"))
    expect(report).toMatchObject({ outcome: "succeeded", namespace: NAMESPACE, publicUrl: "https://minimal.example.com" })
    expect(report.images.backend).toMatch(new RegExp(`^${lab.registry}/acme/minimal-backend@sha256:`))
    expect(log).toContain(`✅ Deployment of minimal to ${NAMESPACE} succeeded`)
    expect(readFileSync(join(artifacts, "deployment-report/availability.svg"), "utf8")).toContain("<svg")
    for (const secret of ["token-of-the-job", "greeting-of-the-team"]) expect(log).not.toContain(secret)
  })

  test("a deployment that fails: the job fails, and the report is there all the same", async () => {
    const failing = source().edit("k8s/app.yaml", "print('nothing to migrate')", "print('no such column'); exit(3)")
    const { exitCode, log, artifacts } = await push(failing)
    expect(exitCode, log).toBe(1)
    expect(log).toContain("MIGRATION_FAILED")
    const report = JSON.parse(readFileSync(join(artifacts, "deployment-report/report.json"), "utf8"))
    expect(report).toMatchObject({ outcome: "failed", failure: { code: "MIGRATION_FAILED" } })
    expect(log).toContain(`❌ Deployment of minimal to ${NAMESPACE} failed`)
  })

  test("a test that fails stops the job that deploys before it begins", async () => {
    const { exitCode, log } = await push(source().write("web/suite.mjs", 'throw new Error("on purpose")'))
    expect(exitCode, log).toBe(1)
    expect(log).toContain("TESTS_FAILED")
    expect(log).toContain("on purpose")
    expect(log).not.toContain("dagger call deploy")
    expect(log).not.toContain("build: backend")
  })
})

/** The words of each `dagger call`, variables as they stand. */
function callsIn(workflow: string): string[][] {
  const jobs = Object.values(parse(workflow).jobs) as { steps: { run?: string }[] }[]
  const lines = jobs.flatMap(({ steps }) => steps.flatMap(({ run = "" }) => run.replaceAll("\\\n", " ").split("\n")))
  const words = (line: string) => (line.match(/(?:"[^"]*"|[^\s"])+/g) ?? []).map(word => word.replaceAll('"', ""))
  return lines.map(words).filter(([program, verb]) => program === "dagger" && verb === "call").map(([, , ...rest]) => rest)
}
