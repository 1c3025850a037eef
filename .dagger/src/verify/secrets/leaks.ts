import { z } from "zod"

import { CloudNativeError, lastLines } from "../../util/errors.js"
import type { Row } from "../facts.js"
import type { OciImage } from "../image/oci.js"

const Leaks = z.array(z.object({ RuleID: z.string(), File: z.string(), StartLine: z.number() }))
export type Leak = z.infer<typeof Leaks>[number]

const NOT_SKIPPED = "~br"

/** The commands that copy files that gitleaks skips by their names to a folder that exists, under others: home~browser.js. */
export function copySkipped(folder: string, target: string): { names: string; list: string[]; copy: string[][] } {
  const [names, archive] = [`${target}.names`, `${target}.tar`]
  const pack = ["tar", "--create", `--file=${archive}`, `--directory=${folder}`]
  return {
    names,
    list: ["find", folder, "-type", "f", "-iname", "*.br*", "-fprintf", names, "%P\\0"],
    copy: [
      [...pack, `--transform=s/\\.br/${NOT_SKIPPED}/gi`, "--null", `--files-from=${names}`],
      ["tar", "--extract", `--file=${archive}`, `--directory=${target}`],
    ],
  }
}

/** Rules that take code and its examples for secrets. */
const NOISY_IN_DEPENDENCIES = ["generic-api-key", "jwt", "curl-auth-header", "curl-auth-user"]

const RENAMED = "~"

/** What keeps gitleaks' own rules of that kind from looking into dependencies at all: half of a scan's time. */
export const QUIET_IN_DEPENDENCIES = NOISY_IN_DEPENDENCIES.map(
  id => `[[rules]]\nid = "${id}"\n[[rules.allowlists]]\npaths = ['''${RENAMED}/''']\n`,
).join("\n")

/** Folders of dependencies, as gitleaks knows them. */
const DEPENDENCIES = [
  "node_modules",
  "bower_components",
  "vendor",
  "env",
  "venv",
  "virtualenv",
  "python[23]\\.[^/]*",
  "[^/]*\\.dist-info",
]

/** The command that unpacks a layer where it runs, and gives folders of dependencies names that gitleaks does not know: node_modules~. */
export function unpackRenamed(blob: string): string[] {
  const rename = `s,(^|/)(${DEPENDENCIES.join("|")})/,\\1\\2${RENAMED}/,gx`
  return ["tar", "--extract", "--preserve-permissions", `--file=${blob}`, `--transform=${rename}`]
}

/** What was found, by the folders' own names; in dependencies, without what is mostly noise there. */
export function byOwnNames(leaks: Leak[]): Leak[] {
  const telling = leaks.filter(
    ({ File, RuleID }) => !File.includes(`${RENAMED}/`) || !NOISY_IN_DEPENDENCIES.includes(RuleID),
  )
  return telling.map(leak => ({
    ...leak,
    File: leak.File.replaceAll(`${RENAMED}/`, "/").replaceAll(NOT_SKIPPED, ".br"),
  }))
}

type Said = Record<"environment" | "labels" | "history", string[]>

/** All that an image says of itself, a line each. */
export function saidBy({ env, labels, annotations, history }: OciImage): Said {
  const lines = (values: Record<string, string>) => Object.entries(values).map(([name, value]) => `${name}=${value}`)
  return { environment: env, labels: [...lines(labels), ...lines(annotations)], history }
}

/** The fingerprint that python's image keeps in its environment is no secret of the image built on it. */
export function withoutLinesOf(said: Said, base: Said): Said {
  const own = (name: keyof Said) => said[name].filter(line => !base[name].includes(line))
  return { environment: own("environment"), labels: own("labels"), history: own("history") }
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
    fix: "fix what it names, or set images.gitleaks in cloud-native.yaml to one that works",
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const LEAKS = { name: "secrets", limit: "none" }

/** What gitleaks found, by rule and place; never the secret. */
export function leaksRow(where: string, leaks: Leak[], place: (path: string) => string): Row {
  return {
    ...LEAKS,
    actual: leaks.length > 0 ? `${leaks.length} found` : "none found",
    verdict: leaks.length > 0 ? "fail" : "pass",
    how: `gitleaks on ${where}`,
    findings: leaks.map(leak => `${leak.RuleID}: ${place(leak.File)}:${leak.StartLine}`),
  }
}

/** Throw unless there is no leak, naming each by rule and place. */
export function assertNoLeaks(inSource: Leak[], inCommit: Leak[] = []): void {
  const placed = ({ RuleID: rule, File: path, StartLine: line }: Leak) => `${rule}: ${path}:${line}`
  const found = [...inSource.map(placed), ...inCommit.map(leak => `${placed(leak)}, in the last commit`)]
  if (found.length === 0) return
  throw new CloudNativeError({
    code: "SECRETS_FOUND",
    blame: "user",
    what: `the repository holds ${found.length === 1 ? "what looks like a secret" : `${found.length} that look like secrets`}`,
    why: found.join("\n"),
    fix: "take it out, of git too (git rm --cached), give it as a Secret, and renew it; where it is none, except it in .gitleaksignore",
  })
}

/** Where a file of the scanned layers stands: 3/app/.env is in layer 3, at /app/.env. */
export function placeInImage(path: string): string {
  const [, layer, file] = /^(\d+)\/(.*)$/.exec(path) ?? []
  return layer ? `layer ${layer}: /${file}` : path
}
