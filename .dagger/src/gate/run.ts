import { posix } from "node:path"
import { stripVTControlCharacters } from "node:util"

import { Container, dag, Directory, ReturnType } from "@dagger.io/dagger"

import { applicationsOf } from "../config/applications.js"
import type { BuildSecrets } from "../config/dockerfile.js"
import type { AppConfig, Config } from "../config/schema.js"
import { withServices } from "../config/services.js"
import { CloudNativeError, messageOf } from "../util/errors.js"
import { limited } from "../util/limited.js"
import { quietly } from "../util/quietly.js"
import { redact } from "../util/redact.js"
import { uniqueValue } from "../util/unique.js"
import { within } from "../util/within.js"
import { planSuite } from "./detect.js"
import type { Layout } from "./layout.js"
import { notPassed, notRun } from "./not-passed.js"
import { readLayout } from "./read-layout.js"
import { junitOf, todosIn } from "./runner-report.js"
import { showTests } from "./spans.js"
import type { Suite } from "./suite.js"
import { pinnedBy, prepareSuite } from "./toolchain.js"
import { judge, type SuiteRun, testsIn } from "./verdict.js"

export interface Gate {
  /** The suites with their number of tests and time, as a table, then what a person should know. */
  summary: string
  /** One for each application: backend.xml, frontend.xml, and so on. */
  junit: Directory
  /** Files that pin what the tests ran on, in a folder for each application, to be laid over its build's context: see pinned.ts. */
  pinned: Directory
}

/** What both suites of a call have in common. */
interface GateCall {
  source: Directory
  config: Config
  secrets: BuildSecrets
  layout: Layout
  /** When the call began, in seconds since 1970. */
  since: number
}

interface Outcome {
  run: SuiteRun
  pinned: Directory
  warnings: string[]
}

/** Run the suites of all applications, some side by side; throws unless every test passed, with all that is wrong with any. */
export async function runGate(source: Directory, config: Config, secrets: BuildSecrets): Promise<Gate> {
  const since = Math.floor(Date.now() / 1000)
  const layout = await quietly("layout of the repository", () => readLayout(source, config))
  const apps = Object.entries(applicationsOf(config)).map(([name, app]) => ({ name, app }))
  const untested = apps.flatMap(({ name, app }) => (app.test.none ? [{ app: name, reason: app.test.none }] : []))
  const call = { source, config, secrets, layout, since }
  const limit = limited()
  const settled = await Promise.allSettled(
    apps.filter(({ app }) => !app.test.none).map(({ name, app }) => limit(() => runSuite(name, app, call))),
  )
  const broken = settled.filter(run => run.status === "rejected").map(run => run.reason as unknown)
  const outcomes = settled.filter(run => run.status === "fulfilled").map(run => run.value)
  // Before the verdict: they are the likeliest hint of why a suite fails.
  const warnings = outcomes.flatMap(({ run, warnings }) => warnings.map(text => `warning: ${run.app}: ${text}`))
  for (const warning of warnings) console.log(warning)
  const verdict = judge(
    outcomes.map(({ run }) => run),
    untested,
  )
  if (broken.length > 0) throw notRun(broken, verdict.passed ? [] : [verdict.text])
  if (!verdict.passed) throw notPassed(verdict)
  const junit = await quietly("reports of the tests", () =>
    outcomes.reduce((folder, { run }) => folder.withNewFile(`${run.app}.xml`, run.junit ?? ""), dag.directory()).sync(),
  )
  const empty = apps.reduce((all, { name }) => all.withNewDirectory(name), dag.directory())
  const pinned = outcomes.reduce((all, { run, pinned }) => all.withDirectory(run.app, pinned), empty)
  return { summary: [verdict.text, ...warnings].join("\n"), junit, pinned: await pinned.sync() }
}

/** Seconds that the installation for one suite may take. */
const INSTALLATION = 3600

/** Rejects where there is no result to judge: the dependencies cannot be installed, a backing service does not start. */
async function runSuite(
  name: string,
  app: AppConfig,
  { source, config, secrets, layout, since }: GateCall,
): Promise<Outcome> {
  try {
    const suite = planSuite(name, app, layout)
    const { container: prepared, warnings } = await quietly(`dependencies of ${name}`, () =>
      within(() => prepareSuite(name, source, app, suite, secrets), `the installation of ${name}`, INSTALLATION),
    )
    const toolchain = withServices(prepared, name, app.test.services, config)
    console.log(`test: ${name}: ${suite.command.join(" ")}`)
    const first = await quietly(`tests of ${name}`, () => execute(name, toolchain, app, suite))
    let { run } = first
    let { passed } = judge([run])
    // A failure is never taken from the cache: one that had a passing reason would last for ever.
    if (!passed && first.startedAt < since) {
      const renewed = toolchain.withEnvVariable("CLOUD_NATIVE_RERUN", uniqueValue())
      ;({ run } = await quietly(`tests of ${name}`, () => execute(name, renewed, app, suite)))
      passed = judge([run]).passed
    }
    await showTests(name, run.tests ?? [], passed)
    return { run, pinned: await pinnedBy(prepared, suite), warnings: [...suite.warnings, ...warnings] }
  } catch (error) {
    if (error instanceof CloudNativeError) throw error
    const why = redact(messageOf(error), Object.values(secrets))
    throw new Error(`${name}: the suite could not be run\n${why}`, { cause: error })
  }
}

interface Execution {
  run: SuiteRun
  /** When the command really ran, in seconds since 1970; earlier than this call when the cache answered. */
  startedAt: number
}

async function execute(name: string, toolchain: Container, app: AppConfig, suite: Suite): Promise<Execution> {
  const clock = toolchain.withExec(["date", "+%s"])
  // The first that needs the backing services.
  const startedAt = Number(await within(() => clock.stdout(), `the start of the services for the tests of ${name}`))
  const after = clock.withExec(["timeout", "-k", "10", String(app.test.timeout), ...suite.command], {
    expect: ReturnType.Any,
  })
  const judged = { app: name, timeout: app.test.timeout, allowSkipped: app.test.allowSkipped }
  const begunAt = Date.now()
  try {
    await after.sync()
  } catch (error) {
    const { exitCode, stdout, stderr } = error as { exitCode?: number; stdout?: string; stderr?: string }
    if (exitCode === undefined) throw error
    // Ended by a signal: Dagger takes that for a failed exec, whatever is expected of it, and never caches it.
    const timedOut = Date.now() - begunAt >= app.test.timeout * 1000
    return {
      run: { ...judged, exitCode, timedOut, output: stripVTControlCharacters(`${stdout}\n${stderr}`) },
      startedAt: Infinity,
    }
  }
  const endedAt = Number(await after.withExec(["date", "+%s"]).stdout())
  const [exitCode, stdout, stderr] = await Promise.all([after.exitCode(), after.stdout(), after.stderr()])
  const run: SuiteRun = {
    ...judged,
    exitCode,
    timedOut: exitCode !== 0 && endedAt - startedAt >= app.test.timeout,
    output: stripVTControlCharacters(`${stdout}\n${stderr}`),
    ...(await reportsOf(after, app.test.junit, suite.json)),
  }
  return { run, startedAt }
}

/** The report that the runner wrote: JUnit, or else its own in JSON, which has the tests without a body in any case. */
async function reportsOf(
  container: Container,
  junit: string,
  json: string | undefined,
): Promise<Pick<SuiteRun, "junit" | "tests">> {
  const workdir = await container.workdir()
  const [xml, own] = await Promise.all([
    textOf(container, posix.join(workdir, junit)),
    json ? textOf(container, posix.join(workdir, json)) : undefined,
  ])
  const report = xml ?? (own && junitOf(own, workdir))
  return { junit: report, tests: testsIn(report, own ? todosIn(own) : []) }
}

async function textOf(container: Container, path: string): Promise<string | undefined> {
  return (await container.exists(path)) ? container.file(path).contents() : undefined
}
