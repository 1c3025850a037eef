import { dag } from "@dagger.io/dagger"

import type { Config } from "../../config/schema.js"
import { CloudNativeError, lastLines } from "../../util/errors.js"
import { runTool } from "../../util/tool.js"
import type { Row } from "../facts.js"
import { tools } from "./inspect.js"
import type { UnpackedLayer } from "./layers.js"

export const BROWSER_CODE = { name: "browser code", limit: "no NEXT_PUBLIC_ is undefined" }

/** Where Next.js puts what browsers load. */
const STATIC = /^(.*\.next\/static)\//
/** Next.js puts a variable's value in at build time; one that had none is read from an empty object, as it stands here, in every browser. */
const READ = "(!|if *\\()?[A-Za-z0-9_$.()]*\\.env\\.NEXT_PUBLIC_[A-Za-z0-9_]+ *(\\?|\\|\\||&&)?"

/** Whether a variable that the build should have put into the browsers' code is undefined there; no row where the image has no such code. */
export async function browserRows(layers: UnpackedLayer[], config: Config): Promise<Row[]> {
  const places = layers.flatMap(({ position, files }) =>
    [...new Set(files.flatMap(({ path }) => STATIC.exec(path)?.[1] ?? []))].map(folder => `${position}/${folder}`),
  )
  if (places.length === 0) return []
  const folder = layers.reduce((all, layer) => all.withDirectory(String(layer.position), layer.folder), dag.directory())
  const ready = tools(config).withMountedDirectory("/searched", folder).withWorkdir("/searched")
  const options = ["--recursive", "--only-matching", "--no-filename", "--extended-regexp", "--include=*.js"]
  // 1: nothing was found.
  const { exitCode, stdout, stderr } = await runTool(ready, ["grep", ...options, READ, ...places], {
    name: "grep",
    done: [0, 1],
    timeout: config.verification.timeout,
  })
  if (exitCode <= 1) return [browserRow(stdout.split("\n").filter(Boolean))]
  throw new CloudNativeError({
    code: "TOOL_FAILED",
    blame: "environment",
    what: "grep could not look into the browsers' code",
    why: `exit code ${exitCode}\n${lastLines(stderr)}`,
    fix: "fix what it names",
  })
}

/** The row for the places that read a variable: one that is asked for first, or has a default, is a warning. */
export function browserRow(reads: string[]): Row {
  const names = [...new Set(reads.flatMap(read => /NEXT_PUBLIC_\w+/.exec(read)?.[0] ?? []))].sort()
  const isUsed = (name: string) =>
    reads.some(read => new RegExp(`\\b${name}\\b`).test(read) && !/^(!|if *\()|(\?|\|\||&&)$/.test(read))
  const used = names.filter(isUsed)
  return {
    ...BROWSER_CODE,
    actual: names.length > 0 ? `${used.length} used, ${names.length - used.length} with a default` : "none",
    verdict: used.length > 0 ? "fail" : names.length > 0 ? "warn" : "pass",
    how: "what Next.js built for browsers; set the variables in buildArgs, with an ARG and an ENV of each before the build",
    // With a default, it is no failure that would have to be accepted.
    findings: used.length > 0 ? used : names,
  }
}
