import { Container, dag, Directory } from "@dagger.io/dagger"

import type { Config } from "../../config/schema.js"
import { CloudNativeError, lastLines } from "../../util/errors.js"
import { runTool } from "../../util/tool.js"
import { checkLimits } from "../check-limits.js"
import type { Row } from "../facts.js"
import { browserRow } from "./browser.js"
import { tools } from "./inspect.js"
import type { UnpackedLayer } from "./layers.js"

/** Where Next.js puts what browsers load. */
const STATIC = /^(.*\.next\/static)\//
/**
 * Next.js puts a variable's value in at build time; one that had none is read from an empty object, as it stands here, in every
 * browser.
 */
const READ = "([!=]==?|!|if *\\()?[A-Za-z0-9_$.()]*\\.env\\.NEXT_PUBLIC_[A-Za-z0-9_]+ *(\\?|\\|\\||&&|[!=]==?)?"
const NAME = "NEXT_PUBLIC_[A-Za-z0-9_]+"

/**
 * Whether a variable that the build should have put into the browsers' code is undefined there; no row where the image has no such
 * code. `source`: what the image was built from, where that is known.
 */
export async function browserRows(
  layers: UnpackedLayer[],
  source: Directory | undefined,
  config: Config,
): Promise<Row[]> {
  const places = layers.flatMap(({ position, files }) =>
    [...new Set(files.flatMap(({ path }) => STATIC.exec(path)?.[1] ?? []))].map(folder => `${position}/${folder}`),
  )
  if (places.length === 0) return []
  const folder = layers.reduce((all, layer) => all.withDirectory(String(layer.position), layer.folder), dag.directory())
  const machine = tools(config).withWorkdir("/searched")
  const reads = await matchesIn(
    machine.withMountedDirectory("/searched", folder),
    ["--include=*.js", READ, ...places],
    config,
  )
  const named =
    source && reads.length > 0
      ? await matchesIn(machine.withMountedDirectory("/searched", source), ["-I", NAME, "."], config)
      : undefined
  return [browserRow(reads, named)]
}

/** What grep finds of a pattern, match by match. */
async function matchesIn(container: Container, args: string[], config: Config): Promise<string[]> {
  const options = ["--recursive", "--only-matching", "--no-filename", "--extended-regexp"]
  // 1: nothing was found.
  const { exitCode, stdout, stderr } = await runTool(container, ["grep", ...options, ...args], {
    name: "grep",
    done: [0, 1],
    ...checkLimits(config),
  })
  if (exitCode <= 1) return stdout.split("\n").filter(Boolean)
  throw new CloudNativeError({
    code: "TOOL_FAILED",
    blame: "environment",
    what: "grep could not look for NEXT_PUBLIC_ variables",
    why: `exit code ${exitCode}\n${lastLines(stderr)}`,
    fix: "fix what it names",
  })
}
