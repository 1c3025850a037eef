import { Container, dag } from "@dagger.io/dagger"
import { z } from "zod"

import { CloudNativeError, lastLines } from "../../util/errors.js"
import { readShape } from "../../util/json.js"
import { runTool } from "../../util/tool.js"
import { uniqueValue } from "../../util/unique.js"
import type { TrialSettings } from "./settings.js"

/** The result of a run of the image; see trial.py. */
const Trial = z.object({
  /** Seconds since 1970; earlier than this call when the cache answered. */
  ranAt: z.number(),
  /** Why it was never seen to answer; none: it was. */
  problem: z.string().nullable(),
  startSeconds: z.number(),
  /** Of them, those for which it could have run, and others had the processor: a busy machine is no fault of the image. */
  starvedSeconds: z.number(),
  /** finished, "not held" if it was answered before the stop, else its error; unset: it answers no requests. */
  inFlight: z.string().optional(),
  /** None: it had to be killed. */
  stopSeconds: z.number().nullish(),
  /** The last lines that it wrote. */
  output: z.array(z.string()),
})
export type Trial = z.infer<typeof Trial>

export interface Trials {
  /** As a pod that may do nothing. */
  confined: Trial
  /** With a writable root and a container's usual capabilities; only where the confined one did not answer. */
  free?: Trial
}

const RESULT = "/trial/result.json"

/** Run an image on a machine that reaches its backing services: confined, and freely where it does not answer like that. */
export async function tryImage(image: Container, settings: TrialSettings, machine: Container): Promise<Trials> {
  const since = Date.now() / 1000
  const confined = await tryOnce(image, { ...settings, confined: true }, machine, since)
  if (!confined.problem) return { confined }
  return { confined, free: await tryOnce(image, { ...settings, confined: false }, machine, since) }
}

async function tryOnce(
  image: Container,
  settings: TrialSettings & { confined: boolean },
  machine: Container,
  since: number,
): Promise<Trial> {
  const container = machine
    .withMountedDirectory("/image", image.rootfs())
    .withDirectory("/trial", dag.currentModule().source().directory("trial"))
    .withNewFile("/trial/settings.json", JSON.stringify(settings))
  const timeout = settings.patience * BUSY + settings.grace + MARGIN
  const trial = await execute(container, timeout)
  const answers = settings.port !== undefined
  const good = !trial.problem && (!answers || trial.inFlight === "finished") && typeof trial.stopSeconds === "number"
  // The result of a failed run is never taken from the cache either.
  return good || trial.ranAt >= since
    ? trial
    : execute(container.withEnvVariable("CLOUD_NATIVE_RERUN", uniqueValue()), timeout)
}

/** How much longer a start takes on a machine that is busy with others, which is not held against the image. */
const BUSY = 10
/** Seconds that bringing up its backing services may take. */
const MARGIN = 300

async function execute(container: Container, timeout: number): Promise<Trial> {
  const {
    container: ran,
    exitCode,
    stderr,
  } = await runTool(container, ["python3", "/trial/trial.py", "/trial/settings.json", RESULT], {
    name: "the run of the image",
    insecureRootCapabilities: true,
    timeout,
    fix: "limits.startup gives more time",
  })
  if (exitCode === 0)
    return readShape(Trial, JSON.parse(await ran.file(RESULT).contents()), "the result of running the image")
  throw new CloudNativeError({
    code: "TOOL_FAILED",
    blame: "environment",
    what: "the image could not be tried",
    why: lastLines(stderr),
    fix: "fix what it names; running it needs an engine that grants insecureRootCapabilities",
  })
}
