import { posix } from "node:path"

import { dag, Directory } from "@dagger.io/dagger"
import { stringify } from "yaml"

import type { ChartConfig, Config } from "../config/schema.js"
import { CloudNativeError } from "../util/errors.js"
import { runTool } from "../util/tool.js"
import {
  aliasesIn,
  dependenciesIn,
  type Dependency,
  folderOf,
  missingIn,
  repositoriesFor,
} from "./chart-dependencies.js"
import { apisOf, type Crd, crdProblems, crdsOf } from "./crds.js"
import { type Manifest, parseManifests } from "./parse.js"
import { assertNone } from "./problem.js"
import { computed, objectsByTemplate, type RenderedFile, unstable, unusedValues } from "./rendered.js"
import { markOf } from "./secret-values.js"
import { looksUp, onAnotherDay } from "./templates.js"

/** Where Helm has the folder that the chart is in, the marks that stand for secret values, and the list of repositories. */
const FOLDER = "/source"
const MARKS = "/secret-values.yaml"
const REPOSITORIES = "/repositories.yaml"

/** What of the cluster templates may ask for. */
export interface Capabilities {
  /** Unset: what Helm itself assumes. */
  version?: string
  /** Versions of APIs (apps/v1), and the kinds in them (apps/v1/Deployment). */
  apis: string[]
}

/** Where a release goes. */
export interface Place {
  namespace: string
  /** Unset: what Helm itself assumes. */
  capabilities?: Capabilities
}

/** A chart with the values of one environment. */
export type Chart = Pick<ChartConfig, "path" | "release" | "values" | "secretValues">

/** What Helm makes of charts. */
export interface Rendered {
  /** The objects, by the template that each comes from. */
  files: { name: string; text: string }[]
  /** What the charts have in crds/. */
  crds: Crd[]
}

/** The objects of a chart; throws where two renderings differ. `folder`: what has the chart, and the files of values. */
export async function renderChart(folder: Directory, chart: Chart, place: Place, config: Config): Promise<Rendered> {
  const complete = await withDependencies(folder, chart.path, config)
  const { capabilities = { apis: [] } } = place
  const folders = { folder: complete, anotherDay: await folderOnAnotherDay(complete, chart.path) }
  const first = await renderings(folders, chart, place, config)
  const crds = readCrds(first.files, chart)
  const apis = apisOf(crds).filter(api => !capabilities.apis.includes(api))
  // Helm installs crds/ first, so that templates see the APIs in it.
  const served = { ...place, capabilities: { ...capabilities, apis: [...capabilities.apis, ...apis] } }
  const { files, again, other } = apis.length > 0 ? await renderings(folders, chart, served, config) : first
  const manifests = readTemplates(files)
  // The first that finds something explains what the others would find.
  assertNone([...unstable(manifests, readTemplates(again))])
  if (other) assertNone([...computed(manifests, readTemplates(other))])
  assertNone([...unusedValues(manifests, chart)])
  return { files: files.filter(({ isCrd }) => !isCrd), crds }
}

/** The objects of a chart as one rendering has them, whatever another would bring: enough to see what it runs. */
export async function renderOnce(folder: Directory, chart: Chart, place: Place, config: Config): Promise<Manifest[]> {
  const complete = await withDependencies(folder, chart.path, config)
  const text = await template(complete, chart, place, config, { edition: "a", uncached: false })
  return readTemplates(objectsByTemplate(text, chart.path))
}

function readTemplates(files: RenderedFile[]): Manifest[] {
  return parseManifests(files.filter(({ isCrd }) => !isCrd))
}

function readCrds(files: RenderedFile[], { path }: Chart): Crd[] {
  const manifests = parseManifests(files.filter(({ isCrd }) => isCrd))
  assertNone([...crdProblems(manifests)])
  return crdsOf(manifests, path)
}

/** The folder with the chart's templates as they would render on another day; says where they ask the cluster. */
async function folderOnAnotherDay(folder: Directory, chart: string): Promise<Directory> {
  const files = (await folder.glob(posix.join(chart, "**/templates/**/*"))).filter(file => /\.(ya?ml|tpl)$/.test(file))
  const templates = await Promise.all(files.map(async file => ({ file, text: await folder.file(file).contents() })))
  const asking = templates.filter(({ text }) => looksUp(text)).map(({ file }) => file)
  if (asking.length > 0)
    console.log(`manifests: lookup finds nothing, as with "helm template", in: ${asking.join(", ")}`)
  return templates
    .filter(({ text }) => onAnotherDay(text) !== text)
    .reduce((changed, { file, text }) => changed.withNewFile(file, onAnotherDay(text)), folder)
}

interface Folders {
  folder: Directory
  anotherDay: Directory
}

/** A chart rendered twice, and with other marks where it has secret values. */
async function renderings({ folder, anotherDay }: Folders, chart: Chart, place: Place, config: Config) {
  const rendering = async (from: Directory, edition: "a" | "b", uncached = false) =>
    objectsByTemplate(await template(from, chart, place, config, { edition, uncached }), chart.path)
  const [files, again, other] = await Promise.all([
    rendering(folder, "a"),
    rendering(anotherDay, "a", true),
    Object.keys(chart.secretValues).length > 0 ? rendering(folder, "b") : undefined,
  ])
  return { files, again, other }
}

async function template(
  folder: Directory,
  chart: Chart,
  { namespace, capabilities }: Place,
  config: Config,
  { edition, uncached }: { edition: "a" | "b"; uncached: boolean },
): Promise<string> {
  const marks = Object.entries(chart.secretValues).reduce(
    (values, [path, key]) => withValue(values, stepsOf(path), markOf(key, edition)),
    {} as Values,
  )
  const { exitCode, stdout, stderr } = await runTool(
    helm(config).withMountedDirectory(FOLDER, folder).withNewFile(MARKS, stringify(marks)),
    [
      "helm",
      "template",
      chart.release,
      `${FOLDER}/${chart.path}`,
      `--namespace=${namespace}`,
      "--include-crds",
      ...chart.values.map(file => `--values=${FOLDER}/${file}`),
      `--values=${MARKS}`,
      ...(capabilities?.version ? [`--kube-version=${capabilities.version}`] : []),
      ...(capabilities?.apis ?? []).map(api => `--api-versions=${api}`),
    ],
    { name: "helm", uncached },
  )
  if (exitCode === 0) return stdout
  throw new CloudNativeError({
    code: "MANIFESTS_INVALID",
    blame: "user",
    what: `the chart ${chart.path} cannot be rendered`,
    why: stderr.replaceAll(`${FOLDER}/`, "").trim(),
    fix: "correct what helm names; charts in cloud-native.yaml gives files of values, and secretValues the values that are secrets",
  })
}

/**
 * The same folder with the charts that the chart depends on, and with those that its parts do, by their Chart.lock; none is
 * downloaded where charts/ has all of them. `above`: the charts that it is a part of.
 */
async function withDependencies(
  folder: Directory,
  path: string,
  config: Config,
  above: string[] = [],
): Promise<Directory> {
  const dependencies = dependenciesIn(await folder.file(`${path}/Chart.yaml`).contents())
  const vendored = dependencies.length > 0 ? await folder.glob(posix.join(path, "charts/*")) : []
  const missing = missingIn(vendored, dependencies)
  const inside = (await folder.glob(posix.join(path, "charts/*/Chart.yaml"))).map(file => posix.dirname(file))
  let complete = folder
  for (const part of [...inside, ...(await localParts(folder, path, missing))])
    // What depends on itself is told by Helm.
    if (part !== path && !above.includes(part))
      complete = await withDependencies(complete, part, config, [...above, path])
  return missing.length === 0 ? complete : download(complete, path, { dependencies, missing }, config)
}

/** The folders of the charts that one depends on by a path. One that is not there is told by Helm. */
async function localParts(folder: Directory, chart: string, dependencies: Dependency[]): Promise<string[]> {
  const found = dependencies.flatMap(dependency => {
    const path = folderOf(chart, dependency)
    return path === undefined ? [] : { ...dependency, path }
  })
  const outside = found.find(({ path }) => path.startsWith(".."))
  if (outside)
    throw new CloudNativeError({
      code: "SOURCE_LAYOUT",
      blame: "user",
      what: `the chart ${chart} depends on ${outside.name}, which is outside of the folder that Helm has here`,
      why: `its Chart.yaml names ${outside.repository}`,
      fix: "where manifests of cloud-native.yaml is the chart's folder, name it in charts instead: then Helm has all of the source. Else commit the chart's charts/",
    })
  const areThere = await Promise.all(found.map(({ path }) => folder.exists(`${path}/Chart.yaml`)))
  return found.filter((_, index) => areThere[index]).map(({ path }) => path)
}

interface Wanted {
  dependencies: Dependency[]
  missing: Dependency[]
}

async function download(
  folder: Directory,
  path: string,
  { dependencies, missing }: Wanted,
  config: Config,
): Promise<Directory> {
  const { exitCode, stderr, container } = await runTool(
    helm(config).withDirectory(FOLDER, folder).withNewFile(REPOSITORIES, repositoriesFor(dependencies)),
    ["helm", "dependency", "build", `${FOLDER}/${path}`, `--repository-config=${REPOSITORIES}`],
    { name: "helm dependency build" },
  )
  if (exitCode === 0) return container.directory(FOLDER)
  const [alias] = aliasesIn(dependencies)
  throw new CloudNativeError({
    code: "TOOL_FAILED",
    blame: "environment",
    what: `the charts that ${path} depends on could not be downloaded: ${missing.map(({ name }) => name).join(", ")}`,
    why: stderr.replaceAll(`${FOLDER}/`, "").trim(),
    fix: alias
      ? `write the address of ${alias} in its place in ${path}/Chart.yaml: only your machine knows the name. Then run "helm dependency update ${path}", and commit its Chart.lock`
      : `run "helm dependency update ${path}", and commit its Chart.lock; with ${path}/charts/ committed as well, nothing is downloaded`,
  })
}

/** As root, since what the source has may be readable to its owner alone. */
function helm(config: Config) {
  return dag.container().from(config.images.helm).withUser("0:0").withEnvVariable("HOME", "/tmp")
}

interface Values {
  [name: string]: Values | string
}

/** A path of a value as --set writes it: a dot in a name has a backslash before it. */
function stepsOf(path: string): string[] {
  return path.split(/(?<!\\)\./).map(step => step.replaceAll("\\.", "."))
}

function withValue(values: Values, [step = "", ...rest]: string[], value: string): Values {
  const inner = values[step]
  return {
    ...values,
    [step]: rest.length === 0 ? value : withValue(typeof inner === "object" ? inner : {}, rest, value),
  }
}
