import { dag, Directory, ReturnType } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { CloudNativeError } from "../util/errors.js"
import { checkManifests } from "./check.js"
import { type Manifest, parseManifests } from "./parse.js"
import { assertNone } from "./problem.js"

const KUSTOMIZATIONS = ["kustomization.yaml", "kustomization.yml", "Kustomization"]
/** Where kubectl has the manifests. */
const FOLDER = "/manifests"

/**
 * The manifests of a folder: each .yaml and .yml file directly in it, or what its kustomization makes of them, or that of
 * an overlay inside the folder, which may use all that is in the folder.
 */
export async function manifestsOf(folder: Directory, { images }: Config, overlay = "."): Promise<Manifest[]> {
  if (await hasKustomization(folder, overlay))
    return parseManifests([{ name: overlay, text: await kustomize(folder, overlay, images.kubectl) }])
  if (overlay !== ".") throw noOverlay(overlay, await overlaysOf(folder))
  const names = [...(await folder.glob("*.yaml")), ...(await folder.glob("*.yml"))].sort()
  return parseManifests(
    await Promise.all(names.map(async name => ({ name, text: await folder.file(name).contents() }))),
  )
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

/** How the applications are run for a trial: the source's manifests; where the folder has nothing but overlays, the first of these; where there is no folder, none. */
export async function trialManifests(source: Directory, config: Config): Promise<Manifest[]> {
  if (!(await source.exists(config.manifests))) return []
  const folder = source.directory(config.manifests)
  const manifests = await manifestsOf(folder, config)
  const [overlay] = await overlaysOf(folder)
  return overlay && manifests.length === 0 ? manifestsOf(folder, config, overlay) : manifests
}

/** Check the source's manifests, and what each overlay makes of them; where the folder has nothing but overlays, these. */
export async function checkAll(source: Directory, config: Config): Promise<void> {
  const folder = await manifestsIn(source, config)
  const overlays = await overlaysOf(folder)
  for (const overlay of [".", ...overlays]) {
    const manifests = await manifestsOf(folder, config, overlay)
    if (overlay !== "." || overlays.length === 0 || manifests.length > 0) assertNone(checkManifests(manifests, config))
  }
}

/** The folders inside overlays/ that have a kustomization. */
async function overlaysOf(folder: Directory): Promise<string[]> {
  const found = await Promise.all(KUSTOMIZATIONS.map(name => folder.glob(`overlays/*/${name}`)))
  return found
    .flat()
    .map(path => path.slice(0, path.lastIndexOf("/")))
    .sort()
}

async function hasKustomization(folder: Directory, overlay: string): Promise<boolean> {
  const found = await Promise.all(KUSTOMIZATIONS.map(name => folder.exists(`${overlay}/${name}`)))
  return found.includes(true)
}

async function kustomize(folder: Directory, overlay: string, image: string): Promise<string> {
  const rendered = dag
    .container()
    .from(image)
    .withUser("0:0")
    .withDirectory(FOLDER, folder)
    .withExec(["kubectl", "kustomize", "--load-restrictor=LoadRestrictionsNone", `${FOLDER}/${overlay}`], {
      expect: ReturnType.Any,
    })
  if ((await rendered.exitCode()) === 0) return rendered.stdout()
  throw new CloudNativeError({
    code: "MANIFESTS_INVALID",
    blame: "user",
    what: `the kustomization in ${overlay} cannot be rendered`,
    why: (await rendered.stderr()).trim(),
    fix: "mend what kubectl kustomize names above",
  })
}

function noOverlay(overlay: string, known: string[]): CloudNativeError {
  return new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `--overlay=${overlay}: the manifests have no kustomization there`,
    why: known.length > 0 ? `they have ${known.join(", ")}` : "there is none in overlays/ either",
    fix: "write the path of a folder inside the manifests that has a kustomization.yaml",
  })
}
