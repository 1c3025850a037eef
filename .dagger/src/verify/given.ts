import { dag, Directory, ReturnType } from "@dagger.io/dagger"
import { parse } from "yaml"

import type { Config } from "../config/schema.js"
import { CloudNativeError, lastLines } from "../errors.js"
import { formsOf } from "../redact.js"
import { uniqueValue } from "../unique.js"
import type { Row } from "./facts.js"
import { tools } from "./inspect.js"
import { placeInImage } from "./leaks.js"

const PATTERNS = "/run/secrets/patterns"
const SEARCHED = "/searched"
/** Shorter ones would be found everywhere. */
const SHORTEST = 8

/** Files that hold one of the values, in plain, base64, hexadecimal or URL-encoded. */
export async function filesWithValues(folder: Directory, values: string[], config: Config): Promise<string[]> {
  const patterns = patternsOf(values)
  if (patterns.length === 0) return []
  const secret = dag.setSecret(`patterns-${uniqueValue()}`, patterns.join("\n"))
  const done = tools(config)
    .withMountedDirectory(SEARCHED, folder)
    .withMountedSecret(PATTERNS, secret)
    .withWorkdir(SEARCHED)
    .withExec(["grep", "--recursive", "--files-with-matches", "--text", "--fixed-strings", `--file=${PATTERNS}`, "."], { expect: ReturnType.Any })
  const [exitCode, stdout, stderr] = await Promise.all([done.exitCode(), done.stdout(), done.stderr()])
  // 1: nothing was found.
  if (exitCode <= 1) return stdout.split("\n").filter(Boolean).map(path => path.replace(/^\.\//, ""))
  throw new CloudNativeError({
    code: "TOOL_FAILED",
    blame: "environment",
    what: "grep could not look for the values of the secrets",
    why: `exit code ${exitCode}\n${lastLines(stderr)}`,
    fix: "mend what it names",
  })
}

/** What to look for, a line each: of a value with several lines, such as a key, the longest one says enough. */
export function patternsOf(values: string[]): string[] {
  const usable = values.map(value => value.trim()).filter(value => value.length >= SHORTEST)
  const lines = usable.flatMap(value => (value.includes("\n") ? [longest(value.split("\n"))] : []))
  return [...new Set([...usable, ...lines].flatMap(formsOf))].filter(form => form.length >= SHORTEST && !form.includes("\n"))
}

function longest(texts: string[]): string {
  return texts.reduce((longer, text) => (text.length > longer.length ? text : longer))
}

const SECRET_KEY = /^(token|password|client-key-data|id-token|refresh-token)$/

/** The values in a secret: itself; those of a dotenv; those of a kubeconfig that are secret. */
export function valuesOf(text: string): string[] {
  const lines = text.split("\n").filter(line => line.trim() && !line.startsWith("#"))
  const entries = lines.map(line => /^(?:export\s+)?[A-Za-z_]\w*=["'`]?(.*?)["'`]?$/.exec(line.trim())?.[1])
  if (entries.every(value => value !== undefined)) return [text, ...(entries as string[])]
  return [text, ...secretsIn(yamlOf(text))]
}

function yamlOf(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

function secretsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (SECRET_KEY.test(key) && typeof inner === "string" ? [inner] : secretsIn(inner)))
}

/** Where the values of given secrets were found; which one is not said. */
export function givenRow(given: number, files: string[]): Row {
  const row = { name: "given secrets", limit: "none" }
  if (given === 0) return { ...row, actual: "—", verdict: "not checked", how: "no secret was given to look for" }
  return {
    ...row,
    actual: files.length > 0 ? `in ${files.length} files` : "none found",
    verdict: files.length > 0 ? "fail" : "pass",
    how: `values of ${given} secrets: plain, base64, hexadecimal, URL-encoded`,
    findings: files.map(path => `a secret that was given: ${placeInImage(path)}`),
  }
}
