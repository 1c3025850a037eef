import { Container, dag, Directory } from "@dagger.io/dagger"
import { z } from "zod"

import type { Config } from "../../config/schema.js"
import { CloudNativeError, lastLines } from "../../util/errors.js"
import { runTool } from "../../util/tool.js"
import type { Row } from "../facts.js"
import { tools } from "../image/inspect.js"
import type { UnpackedLayer } from "../image/layers.js"
import type { OciImage } from "../image/oci.js"
import { lastCommitOf } from "./last-commit.js"

const Leaks = z.array(z.object({ RuleID: z.string(), File: z.string(), StartLine: z.number() }))
export type Leak = z.infer<typeof Leaks>[number]

const SCANNED = "/scanned"
const REPORT = "/report.json"
const OWN_RULES = ".gitleaks.toml"
const OWN_EXCEPTIONS = ".gitleaksignore"
const DEFAULT_RULES = "[extend]\nuseDefault = true\n"

/** Look for secrets with gitleaks, by its rules or by those of the source's own .gitleaks.toml; exceptions of its .gitleaksignore hold. */
export async function leaksInSource(source: Directory, config: Config): Promise<Leak[]> {
  return scan(gitleaks(config), source, [], config)
}

/**
 * Look for secrets in the files of a repository's last commit that the source lacks: what it has of the others is newer. Rules and
 * exceptions of the source hold here too, before they are committed. Undefined where there is no repository.
 */
export async function leaksInCommit(
  repository: Directory,
  source: Directory,
  config: Config,
): Promise<Leak[] | undefined> {
  const committed = await lastCommitOf(repository, gitleaks(config))
  if (!committed) return undefined
  const container = gitleaks(config).withDirectory("/gitleaks", source.filter({ include: [OWN_RULES, OWN_EXCEPTIONS] }))
  const rules = (await source.exists(OWN_RULES)) ? [`--config=/gitleaks/${OWN_RULES}`] : []
  const leaks = await scan(container, committed, [...rules, "--gitleaks-ignore-path=/gitleaks"], config)
  const inSource = await Promise.all(leaks.map(({ File }) => source.exists(File)))
  return leaks.filter((_, index) => !inSource[index])
}

/**
 * Look for secrets in an image's layers and in what it says of itself, by the rules of the source; nothing in the image can make itself an exception.
 * Of dependencies gitleaks' own rules see nothing, by the names of their folders, among them where `pip install .` puts an application:
 * they are looked through under other names.
 */
export async function leaksInImage(
  layers: UnpackedLayer[],
  description: Directory,
  source: Directory,
  config: Config,
): Promise<Leak[]> {
  const hasRules = await source.exists(OWN_RULES)
  const common = await dag.currentModule().source().file("gitleaks/image.toml").contents()
  const container = gitleaks(config)
    .withNewFile(SOURCE_RULES, hasRules ? await source.file(OWN_RULES).contents() : DEFAULT_RULES)
    .withNewFile(IMAGE_RULES, `[extend]\npath = "${SOURCE_RULES}"\n\n${common}`)
  // Side by side, and cached by layer: the next build scans only the layers that have changed.
  const found = await Promise.all([
    scan(container, description, IMAGE_FLAGS, config),
    ...layers.map(layer => leaksInLayer(container, layer, config)),
  ])
  return byOwnNames(found.flat())
}

async function leaksInLayer(
  container: Container,
  { folder, files, position }: UnpackedLayer,
  config: Config,
): Promise<Leak[]> {
  const machine = tools(config).withDirectory(LAYER, folder).withExec(renameDependencies(LAYER))
  const hasSkipped = files.some(({ path, type }) => type === "file" && SKIPPED.test(path))
  const copied = copySkipped(LAYER, COPIES).reduce(
    (made, command) => made.withExec(command),
    machine.withExec(["mkdir", COPIES]),
  )
  const found = await Promise.all([
    scan(container, machine.directory(LAYER), [...IMAGE_FLAGS, ...IN_ARCHIVES], config),
    ...(hasSkipped ? [scan(container, copied.directory(COPIES), IMAGE_FLAGS, config)] : []),
  ])
  return found.flat().map(leak => ({ ...leak, File: `${position}/${leak.File.replace(/^\.\//, "")}` }))
}

const LAYER = "/layer"
const COPIES = "/copies"

/** gitleaks takes files of such names for archives of Brotli, and skips those that it cannot unpack: home.browser.js. */
const SKIPPED = /\.br[^/]*$/i
const NOT_SKIPPED = "~br"

/** The commands that copy the files of such names to a folder that exists, under names that gitleaks does not skip: home~browser.js. */
export function copySkipped(folder: string, target: string): string[][] {
  const [names, archive] = [`${target}.names`, `${target}.tar`]
  return [
    ["find", folder, "-type", "f", "-iname", "*.br*", "-fprintf", names, "%P\\0"],
    [
      "tar",
      "--create",
      `--file=${archive}`,
      `--directory=${folder}`,
      `--transform=s/\\.br/${NOT_SKIPPED}/gi`,
      "--null",
      `--files-from=${names}`,
    ],
    ["tar", "--extract", `--file=${archive}`, `--directory=${target}`],
  ]
}

const SOURCE_RULES = "/gitleaks/source.toml"
const IMAGE_RULES = "/gitleaks/image.toml"
const IMAGE_FLAGS = [`--config=${IMAGE_RULES}`, "--gitleaks-ignore-path=/gitleaks", "--ignore-gitleaks-allow"]
/** Wheels and jars have archives in them. */
const IN_ARCHIVES = ["--max-archive-depth=2"]
/** Rules that take code and its examples for secrets. */
const NOISY_IN_DEPENDENCIES = ["generic-api-key", "jwt", "curl-auth-header", "curl-auth-user"]

const RENAMED = "~"

/** The command that gives folders of dependencies names that gitleaks does not know: node_modules~. */
export function renameDependencies(folder: string): string[] {
  const names = [
    "node_modules",
    "bower_components",
    "vendor",
    "env",
    "venv",
    "virtualenv",
    "python[23].*",
    "*.dist-info",
  ]
  const anyOf = names.flatMap(name => ["-o", "-name", name]).slice(1)
  return ["find", folder, "-depth", "-type", "d", "(", ...anyOf, ")", "-execdir", "mv", "-T", "{}", `{}${RENAMED}`, ";"]
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

/** What an image says of itself beyond what its base says, as files: gitleaks and grep look into files. */
export function descriptionOf(image: OciImage, base?: OciImage): Directory {
  const texts = base ? withoutLinesOf(saidBy(image), saidBy(base)) : saidBy(image)
  return Object.entries(texts).reduce(
    (folder, [name, lines]) => folder.withNewFile(name, lines.join("\n")),
    dag.directory(),
  )
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

/** Layers hold files that only root may read. */
function gitleaks(config: Config): Container {
  return dag.container().from(config.images.gitleaks).withUser("0:0")
}

async function scan(container: Container, folder: Directory, flags: string[], config: Config): Promise<Leak[]> {
  const args = [
    "dir",
    "--no-banner",
    "--no-color",
    "--redact=100",
    "--exit-code=0",
    "--report-format=json",
    `--report-path=${REPORT}`,
    ...flags,
    ".",
  ]
  const ready = container.withMountedDirectory(SCANNED, folder).withWorkdir(SCANNED)
  const {
    container: ran,
    exitCode,
    stderr,
  } = await runTool(ready, args, {
    name: "gitleaks",
    useEntrypoint: true,
    timeout: config.verification.timeout,
  })
  return readLeaks(exitCode, exitCode === 0 ? await ran.file(REPORT).contents() : "", stderr)
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
