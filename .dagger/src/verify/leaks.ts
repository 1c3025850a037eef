import { Container, dag, Directory, ReturnType } from "@dagger.io/dagger"
import { z } from "zod"

import type { Config } from "../config/schema.js"
import { CloudNativeError, lastLines } from "../errors.js"
import type { Row } from "./facts.js"
import type { OciImage } from "./oci.js"

const Leaks = z.array(z.object({ RuleID: z.string(), File: z.string(), StartLine: z.number() }))
export type Leak = z.infer<typeof Leaks>[number]

const SCANNED = "/scanned"
const REPORT = "/report.json"
const OWN_RULES = ".gitleaks.toml"
const DEFAULT_RULES = "[extend]\nuseDefault = true\n"

/** Look for secrets with gitleaks, by its rules or by those of the source's own .gitleaks.toml; exceptions of its .gitleaksignore hold. */
export async function leaksInSource(source: Directory, config: Config): Promise<Leak[]> {
  return scan(gitleaks(config), source, [])
}

/** Look for secrets in an image's layers and in what it says of itself, by the rules of the source; nothing in the image can make itself an exception. */
export async function leaksInImage(folder: Directory, source: Directory, config: Config): Promise<Leak[]> {
  const hasRules = await source.exists(OWN_RULES)
  const container = gitleaks(config)
    .withFile("/gitleaks/image.toml", dag.currentModule().source().file("gitleaks/image.toml"))
    .withNewFile("/gitleaks/source.toml", hasRules ? await source.file(OWN_RULES).contents() : DEFAULT_RULES)
  return scan(container, folder, ["--config=/gitleaks/image.toml", "--gitleaks-ignore-path=/gitleaks", "--ignore-gitleaks-allow", "--max-archive-depth=2"])
}

/** What an image says of itself, as files: gitleaks and grep look into files. */
export function descriptionOf({ env, labels, annotations, history }: OciImage): Directory {
  const lines = (values: Record<string, string>) => Object.entries(values).map(([name, value]) => `${name}=${value}`)
  const texts = { environment: env, labels: [...lines(labels), ...lines(annotations)], history }
  return Object.entries(texts).reduce((folder, [name, text]) => folder.withNewFile(name, text.join("\n")), dag.directory())
}

/** Layers hold files that only root may read. */
function gitleaks(config: Config): Container {
  return dag.container().from(config.images.gitleaks).withUser("0:0")
}

async function scan(container: Container, folder: Directory, flags: string[]): Promise<Leak[]> {
  const done = container
    .withMountedDirectory(SCANNED, folder)
    .withWorkdir(SCANNED)
    .withExec(["dir", "--no-banner", "--no-color", "--redact=100", "--exit-code=0", "--report-format=json", `--report-path=${REPORT}`, ...flags, "."], {
      useEntrypoint: true,
      expect: ReturnType.Any,
    })
  const [exitCode, stderr] = await Promise.all([done.exitCode(), done.stderr()])
  return readLeaks(exitCode, exitCode === 0 ? await done.file(REPORT).contents() : "", stderr)
}

/** What gitleaks found; whatever it could not look at is an error. */
export function readLeaks(exitCode: number, report: string, stderr: string): Leak[] {
  const read = exitCode === 0 ? Leaks.safeParse(parsed(report)) : undefined
  if (read?.success) return read.data
  throw new CloudNativeError({
    code: "TOOL_FAILED",
    blame: "environment",
    what: "gitleaks could not look for secrets",
    why: exitCode === 0 ? "its report cannot be read" : `exit code ${exitCode}\n${lastLines(stderr)}`,
    fix: "mend what it names, or set images.gitleaks in cloud-native.yaml to one that works",
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What gitleaks found, by rule and place; never the secret. */
export function leaksRow(where: string, leaks: Leak[], place: (path: string) => string): Row {
  return {
    name: "secrets",
    limit: "none",
    actual: leaks.length > 0 ? `${leaks.length} found` : "none found",
    verdict: leaks.length > 0 ? "fail" : "pass",
    how: `gitleaks on ${where}`,
    findings: leaks.map(leak => `${leak.RuleID}: ${place(leak.File)}:${leak.StartLine}`),
  }
}

/** Throw unless there is no leak, naming each by rule and place. */
export function assertNoLeaks(leaks: Leak[]): void {
  if (leaks.length === 0) return
  throw new CloudNativeError({
    code: "SECRETS_FOUND",
    blame: "user",
    what: `the source holds ${leaks.length === 1 ? "what looks like a secret" : `${leaks.length} that look like secrets`}`,
    why: leaks.map(({ RuleID: rule, File: path, StartLine: line }) => `${rule}: ${path}:${line}`).join("\n"),
    fix: "take it out and give it as a Secret, and renew it; where it is none, except it in .gitleaksignore",
  })
}

/** Where a file of the scanned layers stands: 3/app/.env is in layer 3, at /app/.env. */
export function placeInImage(path: string): string {
  const [, layer, file] = /^(\d+)\/(.*)$/.exec(path) ?? []
  return layer ? `layer ${layer}: /${file}` : path
}
