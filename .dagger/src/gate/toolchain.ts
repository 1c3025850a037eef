import { Container, dag, Directory, Secret } from "@dagger.io/dagger"
import { z } from "zod"

import { secretsFor, withoutSecretVariables, withSecretVariables } from "../config/build-secrets.js"
import { buildContext, DOCKERFILE } from "../config/context.js"
import type { BuildSecrets } from "../config/dockerfile.js"
import type { AppConfig } from "../config/schema.js"
import { readJson } from "../util/json.js"
import { runTool } from "../util/tool.js"
import { installationMismatch, interpreterMismatch, npmMismatch, programOf } from "./mismatch.js"
import { constraintsOf } from "./pinned.js"
import { installsByPip } from "./python.js"
import type { Expected, Language, Suite } from "./suite.js"

const APP_DIR = "/app"
const SCRIPTS: Record<Language, string> = { python: "installed.py", node: "installed.mjs" }

interface Prepared {
  container: Container
  /** What a person should know of what the container has. */
  warnings: string[]
}

/** The container of a suite: the application with its dependencies, in the folder that the suite runs in. */
export async function prepareSuite(
  name: string,
  source: Directory,
  app: AppConfig,
  suite: Suite,
  secrets: BuildSecrets,
): Promise<Prepared> {
  const start = app.test.target
    ? await stageOf(source, app, app.test.target, secretsFor(suite.secrets, secrets))
    : dag.container().from(suite.base)
  await assertInterpreter(name, start, app, suite)
  const warnings = await otherNpm(start, app, suite)
  for (const warning of warnings) console.log(`warning: ${name}: ${warning}`)
  const bare = await withPackages(await withPip(start, suite), app.test.packages)
  const folder = source.directory(suite.root)
  const ready = run(withSecretVariables(withSettings(bare, name, suite), suite.secrets, secrets), suite.tools)
  const manifests = suite.reads ? { include: suite.reads } : { exclude: [app.test.junit] }
  const installed = run(
    ready.withDirectory(APP_DIR, folder, manifests).withWorkdir(placeOf(suite.installIn)),
    suite.install,
  )
  await assertInstalled(installed, folder, suite)
  // A report that lies in the source must never be taken for this run's.
  const reports = [app.test.junit, ...(suite.json ? [suite.json] : [])].map(report => joined(suite.runIn, report))
  const complete = run(installed.withDirectory(APP_DIR, folder, { exclude: reports }), suite.link)
  // Those of the build are none of the application's: the tests must not use them.
  const container = withoutSecretVariables(complete, suite.secrets).withWorkdir(placeOf(suite.runIn))
  return { container: await container.sync(), warnings }
}

/** What pins the versions that a suite is prepared with, as its build's context is to have it; empty where nothing is to. */
export async function pinnedBy(prepared: Container, { pinned }: Suite): Promise<Directory> {
  if (!pinned) return dag.directory()
  const { file, freeze, into } = pinned
  if (freeze) return dag.directory().withNewFile(into, constraintsOf(await prepared.withExec(freeze).stdout()))
  // A setting of the package manager may keep it from making one.
  const made = (await prepared.exists(placeOf(file))) ? [prepared.file(placeOf(file))] : []
  return made.reduce((folder, lockfile) => folder.withFile(into, lockfile), dag.directory())
}

function run(container: Container, commands: string[][]): Container {
  return commands.reduce((made, command) => made.withExec(command), container)
}

function withSettings(container: Container, name: string, { caches, env }: Suite): Container {
  const cached = caches.reduce(
    (made, path) => made.withMountedCache(path, dag.cacheVolume(`cloud-native-${name}${path.replaceAll("/", "-")}`)),
    // A stage for the image may set it: then installations leave out what the tests need, and the tests get React's other build.
    container.withoutEnvVariable("NODE_ENV").withWorkdir(APP_DIR),
  )
  return Object.entries(env).reduce((made, [key, value]) => made.withEnvVariable(key, value), cached)
}

/** A stage of the application's own Dockerfile, with its system packages and interpreter. */
async function stageOf(source: Directory, app: AppConfig, target: string, secrets: Secret[]): Promise<Container> {
  const buildArgs = Object.entries(app.buildArgs).map(([name, value]) => ({ name, value }))
  const context = await buildContext(source, app)
  return context.dockerBuild({ dockerfile: DOCKERFILE, target, buildArgs, secrets }).withUser("root")
}

/** An environment that uv has made has no pip: the one on PATH beside it would install for another interpreter. */
async function withPip(container: Container, suite: Suite): Promise<Container> {
  if (!installsByPip(suite)) return container
  const asked = ["python3", "-m", "pip", "--version"]
  const { exitCode } = await runTool(container, asked, { name: "pip --version", done: [0, 1] })
  return exitCode === 0 ? container : run(container, [["python3", "-m", "ensurepip", "--default-pip"]])
}

async function withPackages(container: Container, packages: string[]): Promise<Container> {
  if (packages.length === 0) return container
  if (await container.exists("/etc/alpine-release")) return run(container, [["apk", "add", "--no-cache", ...packages]])
  const script = "/cloud-native/apt.sh"
  const ready = container
    .withFile(script, dag.currentModule().source().file("gate/apt.sh"))
    .withEnvVariable("DEBIAN_FRONTEND", "noninteractive")
  return run(ready, [["sh", script, ...packages]])
}

/** Fail before anything is installed if the interpreter is not one that the repository asks for. */
async function assertInterpreter(name: string, container: Container, app: AppConfig, suite: Suite): Promise<void> {
  const program = programOf(suite)
  if (!program) return
  const version = (await container.withExec([program, "--version"]).stdout()).trim()
  const mismatch = interpreterMismatch(name, app, suite, version)
  if (mismatch) throw mismatch
}

/** What to say of an npm of another major version than the manifest asks for. It is no failure: npm itself ignores the wish. */
async function otherNpm(container: Container, app: AppConfig, suite: Suite): Promise<string[]> {
  return suite.npm ? npmMismatch(app, suite, (await container.withExec(["npm", "--version"]).stdout()).trim()) : []
}

const Versions = z.record(z.string(), z.string().nullable())

/** Fail if an installation that ended well did not install what manifest and lockfile say. */
async function assertInstalled(container: Container, source: Directory, suite: Suite): Promise<void> {
  const changed = await changedLockfiles(container, source, suite.lockfiles)
  const { expected } = suite
  const versions = expected?.names.length ? await installedVersions(container, suite, expected) : {}
  const mismatch = installationMismatch(changed, expected, versions)
  if (mismatch) throw mismatch
}

async function changedLockfiles(installed: Container, source: Directory, lockfiles: string[]): Promise<string[]> {
  const pairs = await Promise.all(
    lockfiles.map(path => Promise.all([installed.file(placeOf(path)).contents(), source.file(path).contents()])),
  )
  return lockfiles.filter((_, index) => pairs[index]![0] !== pairs[index]![1])
}

async function installedVersions(container: Container, suite: Suite, expected: Expected) {
  const script = `/cloud-native/${SCRIPTS[expected.language]}`
  const asked = container
    .withFile(script, dag.currentModule().source().file(`gate/${SCRIPTS[expected.language]}`))
    .withWorkdir(placeOf(suite.appIn))
    .withExec([...expected.interpreter, script, ...expected.names])
  return readJson(Versions, await asked.stdout(), "the list of installed packages")
}

function placeOf(folder: string): string {
  return folder === "." ? APP_DIR : `${APP_DIR}/${folder}`
}

function joined(folder: string, path: string): string {
  return folder === "." ? path : `${folder}/${path}`
}
