import { commonFolder, isIn, type Layout } from "../gate/layout.js"
import { type Manifest, parseManifests } from "../manifests/parse.js"
import { containersOf, podsOf } from "../manifests/pods.js"
import { belongTogether, type Folder, foldersOf } from "./beside.js"
import { chartFolders, type DiscoveredChart } from "./charts.js"
import { type ApplicationName, APPLICATIONS, candidates, dockerfilesOf, isAside } from "./discover.js"
import { elsewhere } from "./generations.js"
import { isImageOf } from "./image-names.js"
import { discoverOthers, type Other, type OtherDockerfile, otherDockerfiles, runBy } from "./others.js"
import { type Workload, workloadIn } from "./workload.js"

/** Where the manifests are: in a folder, in charts in place of one, or in both. */
export interface Place {
  folder?: string
  charts: DiscoveredChart[]
}

export interface Deployed {
  place: Place
  /** The namespace that they bring, or that all of them name. */
  namespace?: string
  /** The Secret that the applications read and the manifests do not bring, if it is one, and its keys that they name. */
  secretName?: string
  secretKeys: string[]
  /** Whether they bring PostgreSQL themselves. */
  hasDatabase: boolean
  backend: Workload
  frontend: Workload
  /** The applications beside the two, by name. */
  others: Record<string, Other>
}

/** The files that may hold manifests of the repository: YAML that is neither a tool's nor a chart's. */
export function possibleManifests(layout: Pick<Layout, "files">): string[] {
  const charts = chartFolders(layout)
  return layout.files.filter(
    path =>
      /\.ya?ml$/.test(path) &&
      !isAside(path) &&
      !/(^|\/)(pnpm-(lock|workspace)|kustomization|cloud-native|(docker-)?compose[^/]*)\.ya?ml$/.test(path) &&
      !charts.some(chart => isIn(chart, path)),
  )
}

/** What the manifests in the repository say of the applications; undefined where none runs them, or they are in no common folder. */
export function discoverDeployed(paths: Record<ApplicationName, string>, layout: Layout): Deployed | undefined {
  const applications = applicationsIn(paths, layout)
  const all = plainManifests(layout).filter(({ file }) => !applications.isElsewhere(file))
  const folder = folderOf(applications, all, layout)
  if (folder === undefined) return undefined
  return deployedBy(
    { folder, charts: [] },
    applications,
    all.filter(({ file }) => isIn(folder, file)),
    layout,
  )
}

/** The objects in files that are no chart's, of all generations. */
function plainManifests(layout: Layout): Manifest[] {
  return possibleManifests(layout).flatMap(name => read(name, layout.texts[name] ?? ""))
}

/** A chart with what it renders to. */
export interface RenderedChart {
  chart: DiscoveredChart
  manifests: Manifest[]
  /** Why Helm renders nothing of it. */
  refusal?: string
}

/** The same of the repository's charts, with a folder of manifests that belongs to them; undefined where none runs the applications. */
export function discoverInCharts(
  paths: Record<ApplicationName, string>,
  rendered: RenderedChart[],
  layout: Layout,
): Deployed | undefined {
  const applications = applicationsIn(paths, layout)
  const own = rendered.filter(({ chart }) => !applications.isElsewhere(chart.path))
  const names = own.flatMap(({ chart, manifests }) => namesRunIn(chart.path, manifests, applications))
  if (!APPLICATIONS.some(name => names.includes(name))) return undefined
  const charts = nearestOf(own, applications)
  const manifests = charts.flatMap(chart => chart.manifests)
  const beside = folderBeside(manifests, applications, layout)
  return deployedBy(
    { charts: charts.map(({ chart }) => chart), folder: beside?.path },
    applications,
    [...manifests, ...(beside?.manifests ?? [])],
    layout,
  )
}

/** The charts that run applications: of several generations those beside the applications, and others for what none of these runs. */
function nearestOf(charts: RenderedChart[], applications: Applications): RenderedChart[] {
  const generation = generationOf(applications.paths)
  const running = charts
    .map(chart => ({ chart, names: namesRunIn(chart.chart.path, chart.manifests, applications) }))
    .filter(({ names }) => names.length > 0)
  const isBeside = ({ chart }: RenderedChart) => generation !== undefined && isIn(generation, chart.path)
  const runBeside = running.filter(({ chart }) => isBeside(chart)).flatMap(({ names }) => names)
  return running
    .filter(({ chart, names }) => isBeside(chart) || !names.some(name => runBeside.includes(name)))
    .map(({ chart }) => chart)
}

/** The one folder of manifests that belongs to those of charts; of several none, since the config names one. */
function folderBeside(charts: Manifest[], applications: Applications, layout: Layout): Folder | undefined {
  const inCharts = namesRunIn(".", charts, applications)
  const fitting = plainFolders(applications, false, layout).filter(({ path, manifests }) => {
    const names = namesRunIn(path, manifests, applications)
    if (names.some(name => inCharts.includes(name))) return false
    return names.length > 0 || belongTogether(manifests, charts)
  })
  return fitting.length === 1 ? fitting[0] : undefined
}

/** The folders with manifests that are no chart's: of other generations, or of this one. */
export function plainFolders({ paths, isElsewhere }: Applications, isOther: boolean, layout: Layout): Folder[] {
  return foldersOf(
    plainManifests(layout).filter(({ file }) => isElsewhere(file) === isOther),
    kustomizationsIn(layout).filter(file => isElsewhere(file) === isOther),
    generationOf(paths),
  )
}

/** The folder that both applications are in. */
function generationOf(paths: Record<ApplicationName, string>): string | undefined {
  return commonFolder(Object.values(paths).map(path => `${path}/.`))
}

function deployedBy(
  place: Deployed["place"],
  applications: Applications,
  manifests: Manifest[],
  layout: Layout,
): Deployed {
  const backend = workloadOf("backend", applications, manifests)
  const frontend = workloadOf("frontend", applications, manifests)
  const images = manifests.flatMap(({ object }) => containersOf(object).map(({ container }) => container.image))
  const { secretName, secretKeys } = secretOf([backend, frontend], manifests)
  const ofValues = place.charts.flatMap(({ secretValues }) => Object.values(secretValues))
  return {
    place,
    namespace: namespaceOf(manifests) ?? only(place.charts.flatMap(({ namespace }) => namespace ?? [])),
    secretName,
    secretKeys: [...new Set([...secretKeys, ...ofValues])],
    hasDatabase: images.some(image => /(^|\/)(postgres|postgresql|pgvector)\b/.test(image)),
    backend,
    frontend,
    others: discoverOthers(applications.others, manifests, layout),
  }
}

/** Of a Namespace among the objects, else the one that they name; undefined where there are several. */
function namespaceOf(manifests: Manifest[]): string | undefined {
  const brought = manifests.flatMap(({ object }) => (object.kind === "Namespace" ? object.metadata.name : []))
  const named = manifests.flatMap(({ object }) => object.metadata.namespace ?? [])
  return only(brought.length > 0 ? brought : named)
}

function only(names: string[]): string | undefined {
  const [first, ...others] = new Set(names)
  return others.length > 0 ? undefined : first
}

/** The folder of the manifests that run the applications, with what belongs to them: a database, a base's overlays. */
function folderOf(applications: Applications, manifests: Manifest[], layout: Layout): string | undefined {
  const own = APPLICATIONS.flatMap(name => workloadOf(name, applications, manifests).images)
    .map(({ file }) => file)
    .filter(file => !applications.isNeighbours(file))
  // Of several generations, the one that the applications are of.
  const generation = generationOf(applications.paths)
  const beside = own.filter(file => generation && isIn(generation, file))
  const folder = commonFolder(beside.length > 0 ? beside : own)
  if (folder === undefined || folder === ".") return undefined
  const top = generation && generation !== "." && isIn(generation, folder) ? generation : folder.split("/")[0]!
  const pods = manifests.filter(({ object }) => podsOf(object)).map(({ file }) => file)
  const kustomizations = kustomizationsIn(layout).filter(file => !applications.isElsewhere(file))
  return commonFolder([...beside, ...pods, ...kustomizations].filter(file => isIn(top, file)))
}

function kustomizationsIn({ files }: Layout): string[] {
  return files.filter(file => /(^|\/)kustomization\.ya?ml$/.test(file) && !isAside(file))
}

/** The objects of a file; one that cannot be read is left to the check of the manifests. */
function read(name: string, text: string): Manifest[] {
  try {
    return parseManifests([{ name, text }])
  } catch {
    return []
  }
}

/** The repository's applications: the folders of the two, and the Dockerfiles of others. */
interface Applications {
  paths: Record<ApplicationName, string>
  others: OtherDockerfile[]
  /** Whether a file is of another generation. */
  isElsewhere: (path: string) => boolean
  /** Whether a file is in the folder of an application that might have been chosen, and was not. */
  isNeighbours: (path: string) => boolean
}

export function applicationsIn(paths: Record<ApplicationName, string>, layout: Layout): Applications {
  const chosen = Object.values(paths)
  const isElsewhere = elsewhere(paths, layout)
  const neighbours = APPLICATIONS.flatMap(name => candidates(name, layout)).filter(
    folder => !chosen.some(path => isIn(folder, path)),
  )
  const generation = generationOf(paths)
  const own = APPLICATIONS.map(name => dockerfilesOf(name, paths[name], layout).dockerfile)
  const all = otherDockerfiles(chosen, layout).filter(
    ({ dockerfile }) => !own.includes(dockerfile) && !isElsewhere(dockerfile),
  )
  const isBeside = ({ dockerfile }: OtherDockerfile) => generation !== undefined && isIn(generation, dockerfile)
  return {
    paths,
    // Of several generations, the one that the applications are of.
    others: all.filter(one => isBeside(one) || !all.some(other => other.word === one.word && isBeside(other))),
    isElsewhere,
    isNeighbours: path => neighbours.some(folder => isIn(folder, path)),
  }
}

function workloadOf(name: ApplicationName, { paths, others }: Applications, manifests: Manifest[]): Workload {
  const words = others.map(({ word }) => word)
  return workloadIn(manifests, image => isImageOf(name, paths[name], image, words), [
    name,
    paths[name].split("/").at(-1)!,
  ])
}

/** The names of the applications that the manifests of a folder run; a neighbour's run none of the two. */
export function namesRunIn(folder: string, manifests: Manifest[], applications: Applications): string[] {
  const two = applications.isNeighbours(folder)
    ? []
    : APPLICATIONS.filter(name => workloadOf(name, applications, manifests).images.length > 0)
  return [...two, ...runBy(manifests, applications.others)]
}

/** The one Secret that the applications' containers read and the manifests do not bring, with the keys that they name. */
function secretOf(workloads: Workload[], manifests: Manifest[]): Pick<Deployed, "secretName" | "secretKeys"> {
  const images = workloads.flatMap(workload => workload.images.map(({ image }) => image))
  const brought = manifests.filter(({ object }) => object.kind === "Secret").map(({ object }) => object.metadata.name)
  const read = manifests
    .flatMap(({ object }) => containersOf(object))
    .filter(({ container }) => images.includes(container.image))
    .flatMap(({ container: { env = [], envFrom = [] } }) => [
      ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef),
      ...envFrom.map(({ secretRef }) => secretRef && { ...secretRef, key: undefined }),
    ])
    .filter(secret => secret !== undefined && !brought.includes(secret.name))
  const [only, ...others] = new Set(read.map(secret => secret!.name))
  if (only === undefined || others.length > 0) return { secretKeys: [] }
  return { secretName: only, secretKeys: [...new Set(read.flatMap(secret => secret!.key ?? []))] }
}
