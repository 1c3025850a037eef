import { Container, dag, Directory } from "@dagger.io/dagger"

import type { Config } from "../../config/schema.js"
import { runTool } from "../../util/tool.js"
import { within } from "../../util/within.js"
import { checkLimits } from "../check-limits.js"
import { BLOB, FOLDER, type Layer, unpackedBy } from "../image/layers.js"
import type { OciImage } from "../image/oci.js"
import { lastCommitOf } from "./last-commit.js"
import {
  byOwnNames,
  copySkipped,
  type Leak,
  QUIET_IN_DEPENDENCIES,
  readLeaks,
  saidBy,
  unpackRenamed,
  withoutLinesOf,
} from "./leaks.js"

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
  layers: Layer[],
  description: Directory,
  source: Directory,
  config: Config,
): Promise<Leak[]> {
  const hasRules = await source.exists(OWN_RULES)
  const common = await dag.currentModule().source().file("gitleaks/image.toml").contents()
  const container = gitleaks(config)
    .withNewFile(SOURCE_RULES, hasRules ? await source.file(OWN_RULES).contents() : DEFAULT_RULES)
    .withNewFile(
      IMAGE_RULES,
      [`[extend]\npath = "${SOURCE_RULES}"`, common, ...(hasRules ? [] : [QUIET_IN_DEPENDENCIES])].join("\n\n"),
    )
  // Side by side, and cached by layer: the next build scans only the layers that have changed.
  const found = await Promise.all([
    scan(container, description, IMAGE_FLAGS, config),
    ...layers.map(layer => leaksInLayer(container, layer, config)),
  ])
  return byOwnNames(found.flat())
}

async function leaksInLayer(container: Container, layer: Layer, config: Config): Promise<Leak[]> {
  const machine = await unpackedBy(unpackRenamed(BLOB), layer, config)
  const found = await Promise.all([
    scan(container, machine.directory(FOLDER), [...IMAGE_FLAGS, ...IN_ARCHIVES], config),
    leaksInSkipped(container, machine, config),
  ])
  return found.flat().map(leak => ({ ...leak, File: `${layer.position}/${leak.File.replace(/^\.\//, "")}` }))
}

/** gitleaks takes files of some names for archives of Brotli, and skips those that it cannot unpack: home.browser.js. */
async function leaksInSkipped(container: Container, machine: Container, config: Config): Promise<Leak[]> {
  const { names, list, copy } = copySkipped(FOLDER, COPIES)
  const listed = machine.withExec(["mkdir", COPIES]).withExec(list)
  const { timeout, fix } = checkLimits(config)
  if (!(await within(() => listed.file(names).contents(), "find", timeout, fix))) return []
  const copied = copy.reduce((made, command) => made.withExec(command), listed)
  return scan(container, copied.directory(COPIES), IMAGE_FLAGS, config)
}

const COPIES = "/copies"

const SOURCE_RULES = "/gitleaks/source.toml"
const IMAGE_RULES = "/gitleaks/image.toml"
const IMAGE_FLAGS = [`--config=${IMAGE_RULES}`, "--gitleaks-ignore-path=/gitleaks", "--ignore-gitleaks-allow"]
/** Wheels and jars have archives in them. */
const IN_ARCHIVES = ["--max-archive-depth=2"]

/** What an image says of itself beyond what its base says, as files: gitleaks and grep look into files. */
export function descriptionOf(image: OciImage, base?: OciImage): Directory {
  const texts = base ? withoutLinesOf(saidBy(image), saidBy(base)) : saidBy(image)
  return Object.entries(texts).reduce(
    (folder, [name, lines]) => folder.withNewFile(name, lines.join("\n")),
    dag.directory(),
  )
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
    ...checkLimits(config),
  })
  return readLeaks(exitCode, exitCode === 0 ? await ran.file(REPORT).contents() : "", stderr)
}
