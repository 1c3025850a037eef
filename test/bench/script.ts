// The same work as a plain script: what one writes with podman and kubectl in an afternoon. It tests, builds, pushes, migrates,
// applies and waits; it verifies no image, watches no request, knows no cause and goes back to nothing.
import { readFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { stringify } from "yaml"

import { parseConfig } from "../../.dagger/src/config/parse.ts"
import type { AppConfig, Config } from "../../.dagger/src/config/schema.ts"
import { kubectl as kubectlOn } from "../lab/kubectl.ts"
import type { Lab } from "../lab/lab.ts"
import { podman } from "../lab/podman.ts"
import { manifestsOf } from "./manifests.ts"
import type { Run } from "./schema.ts"
import { secondsBetween } from "./seconds.ts"

const APPLICATIONS = ["backend", "frontend"] as const
type Application = (typeof APPLICATIONS)[number]

/** What installs and tests the sample's applications. */
const SUITES: Record<Application, string> = {
  backend: "pip install --quiet --root-user-action=ignore uv==0.13.9 && uv run --frozen pytest --junit-xml=junit.xml",
  frontend:
    "npm ci --no-audit --no-fund && npx --no vitest run --reporter=default --reporter=junit --outputFile.junit=junit.xml",
}

export interface ScriptOptions {
  lab: Lab
  source: string
  namespace: string
  dotenv: string
  /** Tags the images. */
  release: string
  /** Prefix of the volumes that keep downloaded packages from one run to the next. */
  volumes: string
}

export async function runScript(options: ScriptOptions): Promise<Run> {
  const config = parseConfig(readFileSync(join(options.source, "cloud-native.yaml"), "utf8"), "cloud-native.yaml")
  const begunAt = Date.now()
  await test(config, options)
  const testedAt = Date.now()
  await build(config, options)
  const builtAt = Date.now()
  await deploy(await push(options), options)
  return phases(begunAt, testedAt, builtAt, Date.now())
}

/** How long each part took, by the moments at which they ended. */
export function phases(begunAt: number, testedAt: number, builtAt: number, endedAt: number): Run {
  return {
    test: secondsBetween(begunAt, testedAt),
    build: secondsBetween(testedAt, builtAt),
    deploy: secondsBetween(builtAt, endedAt),
    total: secondsBetween(begunAt, endedAt),
  }
}

/** Both suites in parallel, in the base images, on the source itself: what they install stays in its folders. */
async function test(config: Config, options: ScriptOptions): Promise<void> {
  const services = await Promise.all(Object.keys(config.services).map(name => startService(name, config, options)))
  try {
    const hosts = services.map(({ name, address }) => `--add-host=${name}:${address}`)
    await Promise.all(APPLICATIONS.map(name => testApplication(name, config[name], hosts, options)))
  } finally {
    await podman(["rm", "--force", "--volumes", "--time=1", ...services.map(({ container }) => container)])
  }
}

async function startService(
  name: string,
  config: Config,
  { namespace }: ScriptOptions,
): Promise<{ name: string; container: string; address: string }> {
  const { image, env, port } = config.services[name]!
  const container = `${namespace}-${name}`
  const variables = Object.entries(env).map(([key, value]) => `--env=${key}=${value}`)
  await podman(["run", "--detach", "--name", container, ...variables, image])
  const { stdout } = await podman(["inspect", "--format={{.NetworkSettings.IPAddress}}", container])
  const address = stdout.trim()
  const deadline = Date.now() + 60_000
  while (!(await answers(address, port))) {
    if (Date.now() > deadline) throw new Error(`${name} did not listen within 60 s`)
    await sleep(200)
  }
  return { name, container, address }
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: 1000 })
    const end = (answered: boolean) => void (socket.destroy(), resolve(answered))
    socket
      .on("connect", () => end(true))
      .on("timeout", () => end(false))
      .on("error", () => end(false))
  })
}

async function testApplication(
  name: Application,
  { base, path, test }: AppConfig,
  hosts: string[],
  { source, volumes }: ScriptOptions,
): Promise<void> {
  const variables = Object.entries(test.env).map(([key, value]) => `--env=${key}=${value}`)
  const mounts = [`--volume=${join(source, path)}:/app`, `--volume=${volumes}-${name}:/root`]
  await podman(["run", "--rm", ...mounts, ...variables, ...hosts, "--workdir=/app", base, "sh", "-c", SUITES[name]])
}

async function build(config: Config, options: ScriptOptions): Promise<void> {
  await Promise.all(
    APPLICATIONS.map(name => {
      const { dockerfile, path } = config[name]
      return podman([
        "build",
        "--quiet",
        "--file",
        join(options.source, dockerfile),
        "--tag",
        tagOf(name, options),
        join(options.source, path),
      ])
    }),
  )
}

async function push(options: ScriptOptions): Promise<Record<string, string>> {
  const references = APPLICATIONS.map(async name => {
    const tag = tagOf(name, options)
    const digest = join(options.source, `${name}.digest`)
    await podman(["push", "--quiet", "--tls-verify=false", "--digestfile", digest, tag])
    return [name, `${tag.replace(/:[^:/]+$/, "")}@${readFileSync(digest, "utf8")}`]
  })
  return Object.fromEntries(await Promise.all(references))
}

async function deploy(
  images: Record<string, string>,
  { lab, source, namespace, dotenv }: ScriptOptions,
): Promise<void> {
  const kubectl = (args: string[], input?: string) => kubectlOn(lab, [`--namespace=${namespace}`, ...args], input)
  const manifests = manifestsOf(source, images, lab.appUrl)
  const apply = (wanted: object[]) =>
    kubectl(["apply", "--filename=-"], wanted.map(manifest => stringify(manifest)).join("---\n"))
  const of = (kind: string) => manifests.filter(manifest => manifest.kind === kind)

  const secret = await kubectl([
    "create",
    "secret",
    "generic",
    "app-secrets",
    `--from-env-file=${dotenv}`,
    "--dry-run=client",
    "--output=yaml",
  ])
  await kubectl(["apply", "--filename=-"], secret)
  await apply(manifests.filter(({ kind }) => ["ConfigMap", "ServiceAccount"].includes(kind)))
  const jobs = of("Job").map(({ metadata }) => `job/${metadata.name}`)
  await kubectl(["delete", ...jobs, "--ignore-not-found"])
  await apply(of("Job"))
  await kubectl(["wait", "--for=condition=complete", "--timeout=300s", ...jobs])
  await apply(manifests.filter(({ kind }) => kind !== "Job"))
  for (const { metadata } of of("Deployment"))
    await kubectl(["rollout", "status", `deployment/${metadata.name}`, "--timeout=300s"])
}

function tagOf(name: Application, { lab, namespace, release }: ScriptOptions): string {
  return `${lab.registry}/${namespace}/${name}:${release}`
}
