import { posix } from "node:path"

import { dag, Directory } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { CloudNativeError } from "../util/errors.js"
import { runTool } from "../util/tool.js"
import { checkManifests } from "./check.js"
import { environments, filesInside, type FolderLayout, KUSTOMIZATIONS, LAYOUT_PATTERNS, layoutOf } from "./folder.js"
import { withoutOtherHooks } from "./hooks.js"
import { placeOwnImages } from "./own-images.js"
import { type Manifest, parseManifests } from "./parse.js"
import { assertNone } from "./problem.js"

/** Where kubectl has the manifests. */
const FOLDER = "/manifests"

/**
 * The manifests of a folder: its .yaml and .yml files, with those of its subfolders, or what its kustomization makes of them.
 * `overlay`: the same of a folder inside it, which may use all that is in the folder. Throws if there is nothing.
 */
export async function manifestsOf(folder: Directory, config: Config, overlay = "."): Promise<Manifest[]> {
  const layout = await layoutIn(folder)
  const inside = posix.normalize(overlay).replace(/\/$/, "")
  const files = filesInside(layout, inside)
  if (files.length === 0 && !layout.kustomizations.includes(inside)) throw nothingIn(overlay, layout)
  const subfolders = [...new Set(files.map(path => posix.dirname(path)))].filter(path => path !== inside)
  if (subfolders.length > 0) console.log(`manifests: those of the subfolders, too: ${subfolders.join(", ")}`)
  return readManifests(folder, layout, config, inside)
}

/** The manifests that a deployment applies, with the applications' images found; the hooks of other occasions are left out. */
async function readManifests(
  folder: Directory,
  layout: FolderLayout,
  config: Config,
  inside: string,
): Promise<Manifest[]> {
  const { applied, others } = withoutOtherHooks(await parseFolder(folder, layout, config, inside))
  for (const other of others) console.log(`manifests: left out, since it is for another occasion: ${other}`)
  const { problems, notes } = placeOwnImages(applied, { backend: config.backend, frontend: config.frontend })
  for (const note of notes) console.log(`manifests: ${note}`)
  assertNone(problems)
  return applied
}

async function parseFolder(
  folder: Directory,
  layout: FolderLayout,
  { images }: Config,
  inside: string,
): Promise<Manifest[]> {
  if (layout.kustomizations.includes(inside))
    return parseManifests([{ name: inside, text: await kustomize(folder, inside, images.kubectl) }])
  const files = filesInside(layout, inside)
  return parseManifests(
    await Promise.all(files.map(async name => ({ name, text: await folder.file(name).contents() }))),
  )
}

async function layoutIn(folder: Directory): Promise<FolderLayout> {
  const found = await Promise.all(LAYOUT_PATTERNS.map(pattern => folder.glob(pattern)))
  return layoutOf([...new Set(found.flat())])
}

/** The source's own folder of manifests. */
export async function manifestsIn(source: Directory, config: Config): Promise<Directory> {
  if (await source.exists(config.manifests)) return source.directory(config.manifests)
  throw new CloudNativeError({
    code: "SOURCE_LAYOUT",
    blame: "user",
    what: `the source has no manifests: there is no ${config.manifests}/`,
    why: `the source's root holds: ${(await source.entries()).join("  ") || "nothing"}`,
    fix: "pass --manifests=FOLDER, set manifests in cloud-native.yaml, or have them made by the function init",
  })
}

/** How the applications are run for a trial: the source's manifests, or those of its first environment; where there is no folder, none. */
export async function trialManifests(source: Directory, config: Config): Promise<Manifest[]> {
  if (!(await source.exists(config.manifests))) return []
  const folder = source.directory(config.manifests)
  const layout = await layoutIn(folder)
  const [first] = await releasesOf(folder, layout)
  return first === undefined ? [] : readManifests(folder, layout, config, first)
}

/** Check the source's manifests, and those of each environment: what every kustomization makes that is no part of another. */
export async function checkAll(source: Directory, config: Config): Promise<void> {
  const folder = await manifestsIn(source, config)
  const layout = await layoutIn(folder)
  const releases = await releasesOf(folder, layout)
  if (releases.length === 0) throw nothingIn(".", layout)
  for (const inside of releases) assertNone(checkManifests(await readManifests(folder, layout, config, inside), config))
}

/** What of a folder can be deployed: itself, where it has manifests of its own, and its environments. */
async function releasesOf(folder: Directory, layout: FolderLayout): Promise<string[]> {
  const texts = await Promise.all(
    layout.kustomizations.map(async inside => [inside, await kustomizationText(folder, inside)] as const),
  )
  const own = layout.files.length > 0 || layout.kustomizations.includes(".") ? ["."] : []
  return [...new Set([...own, ...environments(new Map(texts))])]
}

async function kustomizationText(folder: Directory, inside: string): Promise<string> {
  for (const name of KUSTOMIZATIONS) {
    const path = posix.join(inside, name)
    if (await folder.exists(path)) return folder.file(path).contents()
  }
  return ""
}

async function kustomize(folder: Directory, overlay: string, image: string): Promise<string> {
  const kubectl = dag.container().from(image).withUser("0:0").withDirectory(FOLDER, folder)
  const args = ["kubectl", "kustomize", "--load-restrictor=LoadRestrictionsNone", `${FOLDER}/${overlay}`]
  const { exitCode, stdout, stderr } = await runTool(kubectl, args, { name: "kubectl kustomize" })
  if (exitCode === 0) return stdout
  throw new CloudNativeError({
    code: "MANIFESTS_INVALID",
    blame: "user",
    what: `the kustomization in ${overlay} cannot be rendered`,
    why: stderr.trim(),
    fix: "correct what kubectl kustomize names",
  })
}

function nothingIn(overlay: string, { kustomizations, charts }: FolderLayout): CloudNativeError {
  const found = [
    kustomizations.length > 0 && `kustomizations in: ${kustomizations.join(", ")}`,
    charts.length > 0 && `Helm charts in: ${charts.join(", ")}`,
  ].filter(Boolean)
  return new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what:
      overlay === "."
        ? "the folder of manifests has no manifests of its own"
        : `--overlay=${overlay}: there are no manifests and no kustomization in that folder`,
    why: found.length > 0 ? `it has ${found.join("; ")}` : "no folder in it has a .yaml file or a kustomization",
    fix:
      kustomizations.length > 0
        ? `name the one to deploy, for example --overlay=${kustomizations.at(-1)}`
        : "put the manifests there, or set manifests in cloud-native.yaml to their folder",
  })
}
