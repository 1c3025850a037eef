// The whole pipeline, cold, warm and after an edit, against a plain script of podman and kubectl that does the same work.
import { randomUUID } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { parse, stringify } from "yaml"

import { Source } from "../e2e/source.ts"
import { Namespace } from "../faults/namespace.ts"
import { ensureImage } from "../lab/images.ts"
import { kubectl } from "../lab/kubectl.ts"
import type { Lab } from "../lab/lab.ts"
import { podman } from "../lab/podman.ts"
import { prepareTarget } from "../target/target.ts"
import { say } from "./progress.ts"
import { monitorOf, readReports } from "./reports.ts"
import type { Round, Run } from "./schema.ts"
import { phases, runScript } from "./script.ts"

const NAMESPACES = { module: "bench-module", script: "bench-script" }

/** Cold, warm and edited so many times, each time in new namespaces, with a source that nobody has built and packages to be fetched. */
export async function benchPipeline(lab: Lab, times: number): Promise<Round[]> {
  const folder = mkdtempSync(join(tmpdir(), "cloud-native-bench-"))
  const measured = (["cold", "warm", "edited"] as const).map((round): Round => ({ round, module: [], script: [] }))
  await Promise.all(["python:3.13-slim", "node:20-alpine", "postgres:17-alpine"].map(ensureImage))
  try {
    for (let time = 1; time <= times; time++) await benchOnce(lab, folder, measured)
    return measured
  } finally {
    await removeImages(lab)
    rmSync(folder, { recursive: true })
  }
}

async function benchOnce(lab: Lab, folder: string, measured: Round[]): Promise<void> {
  const volumes = `cloud-native-bench-${randomUUID()}`
  const sources = { module: coldSource(), script: coldSource() }
  const dotenv = (namespace: string) => join(folder, namespace)
  try {
    for (const namespace of Object.values(NAMESPACES)) await prepare(lab, namespace, dotenv(namespace))
    for (const { round, module, script } of measured) {
      if (round === "edited") for (const source of Object.values(sources)) edit(source)
      say(`pipeline: ${round}: the module`)
      const ofModule = await runModule(lab, sources.module, dotenv(NAMESPACES.module))
      module.push(ofModule)
      say(`pipeline: ${round}: the module: ${ofModule.total} s; now the script`)
      const namespace = NAMESPACES.script
      const release = `${volumes.slice(-6)}-${round}`
      const ofScript = await runScript({
        lab,
        source: sources.script.path,
        namespace,
        dotenv: dotenv(namespace),
        release,
        volumes,
      })
      script.push(ofScript)
      say(`pipeline: ${round}: the script: ${ofScript.total} s`)
    }
  } finally {
    await podman(["volume", "rm", "--force", `${volumes}-backend`, `${volumes}-frontend`], { check: false })
    // What is measured next needs the room of their pods.
    await kubectl(lab, ["delete", "namespaces", "--ignore-not-found", ...Object.values(NAMESPACES)])
  }
}

/** The sample application as nobody has built it yet: no cached step is its own, and every package has to be fetched. */
function coldSource(): Source {
  const id = randomUUID()
  const source = Source.sample()
  const file = (path: string) => readFileSync(join(source.path, path), "utf8")
  for (const path of ["docker/backend.dockerfile", "docker/frontend.dockerfile"]) {
    const cold = file(path)
      .replace(/^FROM \S+ AS \S+$/gm, `$&\nENV BENCH=${id}`)
      .replace(/--mount=type=cache,target=\S+\s+(\\\n\s+)?/g, "")
    source.write(path, cold)
  }
  const config = parse(file("cloud-native.yaml"))
  for (const app of [config.backend, config.frontend]) {
    app.test.caches = []
    app.test.env.BENCH = id
  }
  return source.write("cloud-native.yaml", stringify(config))
}

function edit(source: Source): void {
  source.edit("test/app/backend/app/tasks.py", "no such task", "no such task at all")
}

/** The target's way in is for one namespace of a cluster; here nobody comes in. */
async function prepare(lab: Lab, namespace: string, dotenv: string): Promise<void> {
  await prepareTarget(lab, namespace, dotenv)
  await Namespace.of(lab, namespace).kubectl("delete", "service", "frontend-outside")
}

async function runModule(lab: Lab, source: Source, dotenv: string): Promise<Run> {
  const namespace = Namespace.of(lab, NAMESPACES.module)
  const begunAt = Date.now()
  const call = namespace.deploy(source, "--force", `--secrets=file:${dotenv}`, `--public-url=${lab.appUrl}`)
  const [testedAt, builtAt, ended] = await Promise.all([call.said("| build: "), call.said("| push: "), call.ended])
  const run = phases(begunAt, testedAt, builtAt, Date.now())
  if (ended.exitCode !== 0) throw new Error(`the module's pipeline failed: ${ended.stderr}`)
  return { ...run, monitor: monitorOf((await readReports(namespace)).at(-1)!) }
}

/** What the script has built. */
async function removeImages(lab: Lab): Promise<void> {
  const { stdout } = await podman(
    ["images", "--filter", `reference=${lab.registry}/${NAMESPACES.script}/*`, "--format={{.Repository}}:{{.Tag}}"],
    { check: false },
  )
  const images = stdout.split("\n").filter(Boolean)
  if (images.length > 0) await podman(["rmi", "--force", ...images], { check: false })
}
