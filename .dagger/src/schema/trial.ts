import { Container, dag } from "@dagger.io/dagger"
import { z } from "zod"

import type { Config } from "../config/schema.js"
import { namesInCluster, withServices } from "../config/services.js"
import { k6Arguments } from "../monitor/k6-job.js"
import { digestOf } from "../util/digest.js"
import { CloudNativeError, lastLines } from "../util/errors.js"
import { readJson } from "../util/json.js"
import { runTool } from "../util/tool.js"
import { uniqueValue } from "../util/unique.js"
import { tools } from "../verify/image/inspect.js"
import { type ImageCommand, trialSettings } from "../verify/run/settings.js"
import type { Program, RunningApplication } from "./plan.js"
import type { Step } from "./steps.js"
import { type Branch, StepResult } from "./verdict.js"

/** What schema.py writes. */
const Result = z.object({
  /** Seconds since 1970; earlier than this call when the cache answered. */
  ranAt: z.number(),
  steps: z.array(StepResult),
})

const RESULT = "/trial/result.json"
/** Seconds that starting its backing services and mounting its images may take. */
const MARGIN = 300
/** As in a cluster. */
const K6_USER = "12345:12345"

/** Images by their references. */
export type Images = (reference: string) => Promise<Image>

export interface Image {
  container: Container
  command: ImageCommand
}

/** What an image says of how it is run. */
export async function commandOf(container: Container): Promise<ImageCommand> {
  const [entrypoint, args, user, workdir, variables] = await Promise.all([
    container.entrypoint(),
    container.defaultArgs(),
    container.user(),
    container.workdir(),
    container.envVariables(),
  ])
  const env = await Promise.all(variables.map(async variable => `${await variable.name()}=${await variable.value()}`))
  return { entrypoint, args, user, workdir, env }
}

/** Take the steps on backing services of their own; all that they depend on is their input, so the cache may answer. */
export async function takeSteps(
  steps: Step[],
  services: string[],
  images: Images,
  config: Config,
  seconds: number,
): Promise<Branch> {
  const roots = new Roots(images, config)
  const settings = {
    seconds,
    services: Object.fromEntries(
      services.map(name => [name, [namesInCluster(name, config.namespace), config.services[name]!.port]]),
    ),
    steps: await inOrder(steps, step => settingsOf(step, roots)),
  }
  const machine = (run: string) =>
    roots.mountOn(
      withServices(tools(config), `schema ${run}`, services, config)
        .withDirectory("/trial", dag.currentModule().source().directory("trial"))
        .withNewFile("/trial/settings.json", JSON.stringify(settings)),
    )
  const since = Date.now() / 1000
  const first = await execute(machine(digestOf([settings, roots.references])), seconds)
  const isGood = "steps" in first && first.steps.every(({ problem }) => problem === null)
  // A failure is never taken from the cache, and the database of another run has its rows.
  const result = isGood || first.ranAt >= since ? first : await execute(machine(uniqueValue()), seconds)
  if ("steps" in result) return { steps, results: result.steps, seconds }
  throw new CloudNativeError({
    code: "TOOL_FAILED",
    blame: "environment",
    what: "the migrations could not be tried in containers",
    why: result.why,
    fix: "fix what it names; running them needs an engine that grants insecureRootCapabilities",
  })
}

/** What schema.py has written; of one that did not get to that, why, as of no time. */
async function execute(
  machine: Container,
  seconds: number,
): Promise<z.infer<typeof Result> | { ranAt: 0; why: string }> {
  const { container, exitCode, stderr } = await runTool(
    machine,
    ["python3", "/trial/schema.py", "/trial/settings.json", RESULT],
    { name: "the trial of the migrations", done: [0, 1], insecureRootCapabilities: true, timeout: seconds + MARGIN },
  )
  if (exitCode !== 0) return { ranAt: 0, why: lastLines(stderr) }
  return readJson(Result, await container.file(RESULT).contents(), "the result of the trial of the migrations")
}

/** The root file systems of processes, each with one of its own, whatever another of the same image has written. */
class Roots {
  readonly references: string[] = []
  private readonly mounts: Container[] = []

  constructor(
    private readonly images: Images,
    private readonly config: Config,
  ) {}

  /** How the program of an image is run. */
  async place(program: Program & Partial<RunningApplication>): Promise<object> {
    const { image, pod, files = {}, port, health } = program
    const { container, command } = await this.images(image)
    const root = Object.entries(files).reduce((made, [path, text]) => made.withNewFile(path, text), container)
    const endpoint = port === undefined || health === undefined ? undefined : { port, health }
    const settings = trialSettings(command, endpoint, pod, this.config.limits.startup)
    return { ...settings, confined: false, root: this.mount(image, root) }
  }

  /** k6 with its scripts; what it sends comes from the settings. */
  async placeK6(): Promise<object> {
    const { k6 } = this.config.images
    const { container, command } = await this.images(k6)
    const scripts = dag.currentModule().source().directory("k6")
    const pod = { args: k6Arguments("handshake.js"), user: K6_USER, env: { HOME: "/tmp" } }
    const settings = trialSettings(command, undefined, pod, this.config.limits.startup)
    return { ...settings, confined: false, root: this.mount(k6, container.withDirectory("/scenario", scripts)) }
  }

  mountOn(machine: Container): Container {
    return this.mounts.reduce((made, image, index) => made.withMountedDirectory(pathOf(index), image.rootfs()), machine)
  }

  private mount(reference: string, container: Container): string {
    this.references.push(reference)
    return pathOf(this.mounts.push(container) - 1)
  }
}

function pathOf(index: number): string {
  return `/roots/${index}`
}

/** A step as schema.py reads it. */
async function settingsOf(step: Step, roots: Roots): Promise<object> {
  const { name, kind } = step
  switch (step.kind) {
    case "migrate":
      return {
        name,
        kind,
        process: await roots.place(step.program),
        ...(step.watcher && { watcher: await roots.place(step.watcher) }),
      }
    case "start": {
      const applications = await inOrder(
        Object.entries(step.side.applications),
        async ([application, program]) => [application, await roots.place(program)] as const,
      )
      return { name, kind, applications: Object.fromEntries(applications), services: step.side.services }
    }
    case "request":
      return {
        name,
        kind,
        goOn: step.goesOn ?? false,
        process: await roots.placeK6(),
        scenario: { values: step.values, steps: step.asked },
      }
  }
}

/** One after the other: the roots are numbered, and their numbers are part of what the cache knows a trial by. */
async function inOrder<Item, Made>(items: Item[], make: (item: Item) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = []
  for (const item of items) made.push(await make(item))
  return made
}
