import { posix } from "node:path"

import { dag, Directory } from "@dagger.io/dagger"

import { applicationsOf } from "../config/applications.js"
import { environmentOf } from "../config/environment.js"
import type { Config } from "../config/schema.js"
import { CloudNativeError } from "../util/errors.js"
import { quietly } from "../util/quietly.js"
import { runTool } from "../util/tool.js"
import { chartEnvironments, chartsKnow, plainChart, renderCharts } from "./charts.js"
import { checkManifests } from "./check.js"
import type { Crd } from "./crds.js"
import { environments, filesInside, type FolderLayout, KUSTOMIZATIONS, LAYOUT_PATTERNS, layoutOf } from "./folder.js"
import type { Place, Rendered } from "./helm.js"
import { withoutOtherHooks } from "./hooks.js"
import { placeOwnImages } from "./own-images.js"
import { type Manifest, parseManifests } from "./parse.js"
import { assertNone } from "./problem.js"

/** Where kubectl has the manifests. */
const FOLDER = "/manifests"

/** What is to be deployed of a source. */
export interface Wanted {
  /** Folder of the manifests. Default: the config's. */
  manifests?: Directory
  /** Folder inside the manifests, or environment of the charts. */
  overlay?: string
  /** Default: the config's namespace. */
  place?: Place
}

/** What there is to deploy. */
export interface Loaded {
  manifests: Manifest[]
  /** What charts have in crds/, which is part of no release. */
  crds: Crd[]
}

/**
 * The manifests of a release: of a folder its .yaml and .yml files, with those of its subfolders, or what its kustomization
 * makes of them; and the objects of the config's charts. `overlay`: the same of a folder inside it, which may use all that is
 * in the folder. Throws if there is nothing.
 */
export function manifestsOf(source: Directory, config: Config, wanted: Wanted = {}): Promise<Loaded> {
  const { overlay, place = { namespace: config.namespace } } = wanted
  return quietly("manifests", async () => {
    const folder = wanted.manifests ?? (await manifestsIn(source, config))
    const known = overlay !== undefined && (await chartsKnow(source, config, overlay))
    const [own, charts] = await Promise.all([
      folder ? folderFiles(folder, config, overlay, known, place) : ownFilesOfNone(overlay, known, config),
      renderCharts(source, config, overlay, place),
    ])
    const manifests = readManifests([...own.files, ...charts.files], config)
    return { manifests, crds: [...own.crds, ...charts.crds] }
  })
}

type File = Rendered["files"][number]

/** The files of a folder of manifests, or of the one chart that it is. `isOptional`: the charts know the environment, and the folder need not. */
async function folderFiles(
  folder: Directory,
  config: Config,
  overlay: string | undefined,
  isOptional: boolean,
  place: Place,
): Promise<Rendered> {
  const layout = await layoutIn(folder)
  if (layout.charts.includes("."))
    return renderCharts(folder, { ...config, charts: [plainChart(".", config.name)] }, overlay, place)
  const asked = posix.normalize(overlay ?? ".").replace(/\/$/, "")
  const has = (inside: string) => filesInside(layout, inside).length > 0 || layout.kustomizations.includes(inside)
  const inside = isOptional && !has(asked) ? "." : asked
  if (!has(inside)) throw nothingIn(inside, layout)
  const subfolders = [...new Set(filesInside(layout, inside).map(path => posix.dirname(path)))].filter(
    path => path !== inside,
  )
  if (subfolders.length > 0 && !layout.kustomizations.includes(inside))
    console.log(`manifests: those of the subfolders, too: ${subfolders.join(", ")}`)
  return { files: await filesOf(folder, layout, config, inside), crds: [] }
}

function ownFilesOfNone(overlay: string | undefined, known: boolean, config: Config): Rendered {
  if (overlay === undefined || known) return { files: [], crds: [] }
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `--overlay=${overlay}: no chart has values of that environment`,
    why: `the charts name: ${chartEnvironments(config).join(", ") || "none"}; there is no values-${environmentOf(overlay)}.yaml either`,
    fix: "name one of these, or add it to environments of a chart in cloud-native.yaml",
  })
}

/** The manifests that a deployment applies, with the applications' images found; the hooks of other occasions are left out. */
function readManifests(files: File[], config: Config): Manifest[] {
  const { applied, others } = withoutOtherHooks(parseManifests(files))
  for (const other of others) console.log(`manifests: left out, since it is for another occasion: ${other}`)
  const { problems, notes } = placeOwnImages(applied, applicationsOf(config))
  for (const note of notes) console.log(`manifests: ${note}`)
  assertNone(problems)
  return applied
}

async function filesOf(folder: Directory, layout: FolderLayout, { images }: Config, inside: string): Promise<File[]> {
  if (layout.kustomizations.includes(inside))
    return [{ name: inside, text: await kustomize(folder, inside, images.kubectl) }]
  const files = filesInside(layout, inside)
  return Promise.all(files.map(async name => ({ name, text: await folder.file(name).contents() })))
}

async function layoutIn(folder: Directory): Promise<FolderLayout> {
  const found = await Promise.all(LAYOUT_PATTERNS.map(pattern => folder.glob(pattern)))
  return layoutOf([...new Set(found.flat())])
}

/** The source's own folder of manifests; undefined where the config has charts instead. */
async function manifestsIn(source: Directory, config: Config): Promise<Directory | undefined> {
  if (config.manifests === undefined) return undefined
  if (await source.exists(config.manifests)) return source.directory(config.manifests)
  const charts = layoutOf(await source.glob("**/Chart.yaml")).charts
  throw new CloudNativeError({
    code: "SOURCE_LAYOUT",
    blame: "user",
    what: `the source has no manifests: there is no ${config.manifests}/`,
    why: [
      `the source's root holds: ${(await source.entries()).join("  ") || "nothing"}`,
      ...(charts.length > 0 ? [`it has Helm charts in: ${charts.join(", ")}`] : []),
    ].join("\n"),
    fix: "pass --manifests=FOLDER, set manifests or charts in cloud-native.yaml, or have manifests made by the function init",
  })
}

/** How the applications are run for a trial: the source's manifests, or those of its first environment; where there is no folder, none. */
export async function trialManifests(source: Directory, config: Config): Promise<Manifest[]> {
  if (config.manifests !== undefined && !(await source.exists(config.manifests))) return []
  const [first] = await overlaysOf(source, config)
  return first ? (await manifestsOf(source, config, first)).manifests : []
}

/** Check the source's manifests, and those of each environment: what every kustomization makes that is no part of another. */
export async function checkAll(source: Directory, config: Config): Promise<void> {
  const overlays = await overlaysOf(source, config)
  // A folder without anything to deploy says so itself.
  for (const overlay of overlays.length > 0 ? overlays : [{}])
    assertNone(checkManifests((await manifestsOf(source, config, overlay)).manifests, applicationsOf(config)))
}

/** What of a source can be deployed: itself, and its environments, those of the charts included. */
async function overlaysOf(source: Directory, config: Config): Promise<{ overlay?: string }[]> {
  const { folder, isChart, ofFolder } = await quietly("environments of the manifests", async () => {
    const folder = await manifestsIn(source, config)
    const layout = folder && (await layoutIn(folder))
    const isChart = layout?.charts.includes(".")
    return { folder, isChart, ofFolder: folder && layout && !isChart ? await releasesOf(folder, layout) : [] }
  })
  const ofCharts = chartEnvironments(config)
  const named = ofFolder.filter(inside => inside !== ".")
  const overlays = [...named, ...ofCharts.filter(name => !named.some(inside => environmentOf(inside) === name))]
  const itself = isChart || ofFolder.includes(".") || (!folder && ofCharts.length === 0)
  return [...(itself ? [{}] : []), ...overlays.map(overlay => ({ overlay }))]
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
        : charts.length > 0
          ? "name the charts to deploy in cloud-native.yaml: charts, each with its path"
          : "put the manifests there, or set manifests in cloud-native.yaml to their folder",
  })
}
