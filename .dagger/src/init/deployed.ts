import { isIn, type Layout, parentOf, upwards } from "../gate/layout.js"
import { isCalledAfter, nameIn } from "../manifests/own-images.js"
import { type Manifest, parseManifests } from "../manifests/parse.js"
import { containersOf, podsOf } from "../manifests/pods.js"
import { isSelected, targetOf } from "../manifests/services.js"
import { type Container, isKind, type Service } from "../manifests/shapes.js"
import { readReference } from "../registry/reference.js"
import { chartFolders, type DiscoveredChart } from "./charts.js"
import { type ApplicationName, isAside } from "./discover.js"

/** How the repository's own manifests run an application. */
export interface Workload {
  service?: string
  port?: number
  health?: string
  /** The files with images that are the application's. */
  images: { file: string; image: string }[]
  /** Its image's name, where neither that of the application, its folder nor its Service tells it. */
  image?: string
}

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
}

const APPLICATIONS = ["backend", "frontend"] as const

/** Names that people give to an application's image, beside that of its folder. */
const NAMES: Record<ApplicationName, RegExp> = {
  backend: /(^|[-_.])(backend|api|fastapi|server)$/,
  frontend: /(^|[-_.])(frontend|web|ui|next|nextjs|client)$/,
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
  const all = possibleManifests(layout).flatMap(name => read(name, layout.texts[name] ?? ""))
  const folder = folderOf(paths, all, layout)
  if (folder === undefined) return undefined
  return deployedBy(
    { folder },
    paths,
    all.filter(({ file }) => isIn(folder, file)),
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
): Deployed | undefined {
  const running = ofGeneration(
    paths,
    rendered.filter(({ manifests }) =>
      APPLICATIONS.some(app => workloadOf(app, paths[app], manifests).images.length > 0),
    ),
  )
  if (running.length === 0) return undefined
  return deployedBy(
    { charts: running.map(({ chart }) => chart) },
    paths,
    running.flatMap(({ manifests }) => manifests),
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

function deployedBy(place: Deployed["place"], paths: Record<ApplicationName, string>, manifests: Manifest[]): Deployed {
  const backend = workloadOf("backend", paths.backend, manifests)
  const frontend = workloadOf("frontend", paths.frontend, manifests)
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
  }
}

/** The folder of the manifests that run the applications, with what belongs to them: a database, a base's overlays. */
function folderOf(paths: Record<ApplicationName, string>, manifests: Manifest[], layout: Layout): string | undefined {
  const own = APPLICATIONS.flatMap(name => workloadOf(name, paths[name], manifests).images.map(({ file }) => file))
  // Of several generations, the one that the applications are of.
  const generation = generationOf(paths)
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

function workloadOf(name: ApplicationName, path: string, manifests: Manifest[]): Workload {
  const own = manifests.flatMap(manifest =>
    containersOf(manifest.object)
      .filter(({ container }) => isImageOf(name, path, container.image))
      .map(({ container }) => ({ manifest, container })),
  )
  const images = own.map(({ manifest: { file }, container: { image } }) => ({ file, image }))
  const served = own.flatMap(({ manifest: { object }, container }) =>
    manifests.flatMap(({ object: service }) =>
      isKind(service, "Service") && !isKind(object, "Job") && isSelected(service, object)
        ? [{ service, container }]
        : [],
    ),
  )[0]
  const service = served?.service.metadata.name
  const words = [name, path.split("/").at(-1)!, ...(service === undefined ? [] : [service])]
  const other = images.find(({ image }) => !isCalledAfter(image, words))?.image
  return {
    images,
    image: other && nameIn(other).split("/").at(-1),
    service,
    port: served && portOf(served.service, served.container),
    health: served && healthOf(served.container),
  }
}

function isImageOf(name: ApplicationName, path: string, image: string): boolean {
  const last = readReference(image)?.repository.split("/").at(-1)
  const folder = path.split("/").at(-1)!
  return last !== undefined && (last === folder || last.endsWith(`-${folder}`) || NAMES[name].test(last))
}

/** The container's port that the Service leads to. */
function portOf({ spec }: Service, { ports = [] }: Container): number | undefined {
  const [first] = spec.ports ?? []
  const target = first && targetOf(first)
  return typeof target === "number" ? target : ports.find(port => port.name === target)?.containerPort
}

/** What is asked whether the process lives, else whether it answers. */
function healthOf({ livenessProbe, startupProbe, readinessProbe }: Container): string | undefined {
  return [livenessProbe, startupProbe, readinessProbe].map(probe => probe?.httpGet?.path).find(path => path)
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
