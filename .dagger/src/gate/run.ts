import { stripVTControlCharacters } from "node:util"

import { Container, dag, Directory, ReturnType } from "@dagger.io/dagger"

import type { AppConfig, Config } from "../config/schema.js"
import { withServices } from "../config/services.js"
import { CloudNativeError, messageOf } from "../util/errors.js"
import { uniqueValue } from "../util/unique.js"
import { judge, type SuiteRun } from "./verdict.js"

const APP_DIR = "/app"
/** What a toolchain installs from, copied before the rest: an edit of the code reinstalls nothing. */
const DEPENDENCY_FILES = [
  "pyproject.toml",
  "uv.lock",
  ".python-version",
  "requirements*.txt",
  "package.json",
  "package-lock.json",
  ".npmrc",
]

export interface Gate {
  /** The suites with their number of tests and time, as a table. */
  summary: string
  /** backend.xml and frontend.xml. */
  junit: Directory
}

/** Run both suites in parallel; throws unless every test of both passed, with all that is wrong with either. */
export async function runGate(source: Directory, config: Config): Promise<Gate> {
  const since = Math.floor(Date.now() / 1000)
  const settled = await Promise.allSettled([
    runSuite("backend", source, config.backend, config, since),
    runSuite("frontend", source, config.frontend, config, since),
  ])
  const broken = settled.filter(run => run.status === "rejected").map(run => messageOf(run.reason))
  const suites = settled.filter(run => run.status === "fulfilled").map(run => run.value)
  const verdict = judge(suites)
  if (broken.length > 0 || !verdict.passed) {
    throw new CloudNativeError({
      code: broken.length > 0 ? "TEST_RUNNER_FAILED" : "TESTS_FAILED",
      blame: "user",
      what: `${broken.length > 0 ? "a suite could not be run" : "the tests did not all pass"}; nothing was built`,
      why: [...broken, ...(verdict.passed ? [] : [verdict.text])].join("\n\n"),
      fix:
        broken.length > 0
          ? "check the suite's `test` in cloud-native.yaml, its lockfile, and that package registries can be reached"
          : "make every test of both suites pass",
    })
  }
  const junit = suites.reduce(
    (folder, suite) => folder.withNewFile(`${suite.app}.xml`, suite.junit ?? ""),
    dag.directory(),
  )
  return { summary: verdict.text, junit }
}

/** Rejects where there is no result to judge: the dependencies cannot be installed, a backing service does not start. */
async function runSuite(
  name: string,
  source: Directory,
  app: AppConfig,
  config: Config,
  since: number,
): Promise<SuiteRun> {
  try {
    const toolchain = withServices(await install(name, source, app), name, app.test.services, config)
    console.log(`test: ${name}: ${app.test.command.join(" ")}`)
    const first = await execute(name, toolchain, app)
    // A failure is never taken from the cache: one that had a passing reason would last for ever.
    const stale = !judge([first.suite]).passed && first.startedAt < since
    return stale
      ? (await execute(name, toolchain.withEnvVariable("CLOUD_NATIVE_RERUN", uniqueValue()), app)).suite
      : first.suite
  } catch (error) {
    throw new Error(`${name}: the suite could not be run\n${messageOf(error)}`, { cause: error })
  }
}

/** The toolchain with the application and its dependencies. */
async function install(name: string, source: Directory, app: AppConfig): Promise<Container> {
  const folder = source.directory(app.path)
  const bare = Object.entries(app.test.env).reduce(
    (made, [key, value]) => made.withEnvVariable(key, value),
    app.test.caches.reduce(
      (made, path) => made.withMountedCache(path, dag.cacheVolume(`cloud-native-${name}${path.replaceAll("/", "-")}`)),
      dag.container().from(app.base).withWorkdir(APP_DIR),
    ),
  )
  const installed = app.test.install.reduce(
    (made, command) => made.withExec(command),
    bare.withDirectory(APP_DIR, folder, { include: DEPENDENCY_FILES }),
  )
  // A report that lies in the source must never be taken for this run's.
  return installed.withDirectory(APP_DIR, folder, { exclude: [app.test.junit] }).sync()
}

interface Execution {
  suite: SuiteRun
  /** When the command really ran, in seconds since 1970; earlier than this call when the cache answered. */
  startedAt: number
}

async function execute(name: string, toolchain: Container, app: AppConfig): Promise<Execution> {
  const clock = toolchain.withExec(["date", "+%s"])
  const startedAt = Number(await clock.stdout())
  const after = clock.withExec(["timeout", "-k", "10", String(app.test.timeout), ...app.test.command], {
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
      suite: { ...judged, exitCode, timedOut, output: stripVTControlCharacters(`${stdout}\n${stderr}`) },
      startedAt: Infinity,
    }
  }
  const endedAt = Number(await after.withExec(["date", "+%s"]).stdout())
  const [exitCode, stdout, stderr] = await Promise.all([after.exitCode(), after.stdout(), after.stderr()])
  const wroteJunit = await after.directory(APP_DIR).exists(app.test.junit)
  const suite: SuiteRun = {
    ...judged,
    exitCode,
    timedOut: exitCode !== 0 && endedAt - startedAt >= app.test.timeout,
    junit: wroteJunit ? await after.directory(APP_DIR).file(app.test.junit).contents() : undefined,
    output: stripVTControlCharacters(`${stdout}\n${stderr}`),
  }
  return { suite, startedAt }
}
