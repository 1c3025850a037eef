import { isIn, type Layout, parentOf, upwards } from "../gate/layout.js"
import { type Manifest, parseManifests } from "../manifests/parse.js"
import { containersOf, podsOf } from "../manifests/pods.js"
import { chartFolders, type DiscoveredChart } from "./charts.js"
import { type ApplicationName, isAside } from "./discover.js"
import { isImageOf } from "./image-names.js"
import { discoverOthers, type Other, type OtherDockerfile, otherDockerfiles, runsAny } from "./others.js"
import { type Workload, workloadIn } from "./workload.js"

export interface Deployed {
  /** Where the manifests are: a folder of them, or charts in place of one. */
  place: { folder: string } | { charts: DiscoveredChart[] }
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

const APPLICATIONS = ["backend", "frontend"] as const

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
  const all = possibleManifests(layout).flatMap(name => read(name, layout.texts[name] ?? ""))
  const folder = folderOf(applications, all, layout)
  if (folder === undefined) return undefined
  return deployedBy(
    { folder },
    applications,
    all.filter(({ file }) => isIn(folder, file)),
    layout,
  )
}

/** A chart with what it renders to. */
export interface RenderedChart {
  chart: DiscoveredChart
  manifests: Manifest[]
}

/** The same of the repository's charts; undefined where none runs the applications. */
export function discoverInCharts(
  paths: Record<ApplicationName, string>,
  rendered: RenderedChart[],
  layout: Layout,
): Deployed | undefined {
  const applications = applicationsIn(paths, layout)
  if (!rendered.some(({ manifests }) => runsOne(applications, manifests))) return undefined
  const running = ofGeneration(
    paths,
    rendered.filter(({ manifests }) => runsOne(applications, manifests) || runsAny(applications.others, manifests)),
  )
  return deployedBy(
    { charts: running.map(({ chart }) => chart) },
    applications,
    running.flatMap(({ manifests }) => manifests),
    layout,
  )
}

/** Of several generations in one repository, the charts of that which the applications are of. */
function ofGeneration(paths: Record<ApplicationName, string>, charts: RenderedChart[]): RenderedChart[] {
  const generation = generationOf(paths)
  const beside = charts.filter(({ chart }) => generation && isIn(generation, chart.path))
  return beside.length > 0 ? beside : charts
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
  const ofValues = "charts" in place ? place.charts.flatMap(({ secretValues }) => Object.values(secretValues)) : []
  return {
    place,
    secretName,
    secretKeys: [...new Set([...secretKeys, ...ofValues])],
    hasDatabase: images.some(image => /(^|\/)(postgres|postgresql|pgvector)\b/.test(image)),
    backend,
    frontend,
    others: discoverOthers(applications.others, manifests, layout),
  }
}

/** The folder of the manifests that run the applications, with what belongs to them: a database, a base's overlays. */
function folderOf(applications: Applications, manifests: Manifest[], layout: Layout): string | undefined {
  const own = APPLICATIONS.flatMap(name => workloadOf(name, applications, manifests).images.map(({ file }) => file))
  // Of several generations, the one that the applications are of.
  const generation = generationOf(applications.paths)
  const beside = own.filter(file => generation && isIn(generation, file))
  const folder = commonFolder(beside.length > 0 ? beside : own)
  if (folder === undefined || folder === ".") return undefined
  const top = generation && generation !== "." && isIn(generation, folder) ? generation : folder.split("/")[0]!
  const pods = manifests.filter(({ object }) => podsOf(object)).map(({ file }) => file)
  const kustomizations = layout.files.filter(file => /(^|\/)kustomization\.ya?ml$/.test(file) && !isAside(file))
  return commonFolder([...beside, ...pods, ...kustomizations].filter(file => isIn(top, file)))
}

function commonFolder(files: string[]): string | undefined {
  const [first] = files
  return first && upwards(parentOf(first)).find(parent => files.every(file => isIn(parent, file)))
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
}

function applicationsIn(paths: Record<ApplicationName, string>, layout: Layout): Applications {
  const generation = generationOf(paths)
  const all = otherDockerfiles(Object.values(paths), layout)
  const isBeside = ({ dockerfile }: OtherDockerfile) => generation !== undefined && isIn(generation, dockerfile)
  // Of several generations, the one that the applications are of.
  const others = all.filter(one => isBeside(one) || !all.some(other => other.word === one.word && isBeside(other)))
  return { paths, others }
}

function workloadOf(name: ApplicationName, { paths, others }: Applications, manifests: Manifest[]): Workload {
  const words = others.map(({ word }) => word)
  return workloadIn(manifests, image => isImageOf(name, paths[name], image, words), [
    name,
    paths[name].split("/").at(-1)!,
  ])
}

/** Whether manifests run one of the two. */
function runsOne(applications: Applications, manifests: Manifest[]): boolean {
  return APPLICATIONS.some(name => workloadOf(name, applications, manifests).images.length > 0)
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
