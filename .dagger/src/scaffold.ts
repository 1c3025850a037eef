import { Directory } from "@dagger.io/dagger"

import type { Config } from "./config/schema.js"
import { inFolder, type Layout } from "./gate/layout.js"
import { discoverCharts, type DiscoveredChart } from "./init/charts.js"
import { configurationFor, unknowns } from "./init/configuration.js"
import { type Deployed, discoverDeployed, discoverInCharts, type RenderedChart } from "./init/deployed.js"
import { type ApplicationName, discover, type Found } from "./init/discover.js"
import { adaptBackend, adaptFrontend } from "./init/dockerfiles.js"
import { chooseFolders, type Chosen, elsewhere } from "./init/generations.js"
import { adaptManifest, type Findings, withoutTasks } from "./init/manifests.js"
import { notTaken } from "./init/not-taken.js"
import { readApplications, readManifests } from "./init/read.js"
import type { Workload } from "./init/workload.js"

const CONFIG = "cloud-native.yaml"
const WORKFLOW = ".github/workflows/deploy.yml"
const DOCKERFILE = "docker/frontend.dockerfile"
/** The template's Dockerfile of the frontend loads it; it belongs in the folder that is built. */
const STATIC_FILES = "frontend/static-files.cjs"

/**
 * The source with the parts that it lacks, each of which is left alone where there is one: manifests of others must not be
 * mixed with ours. For what the config has in a place of the repository's own, there is no template. `rendered`: what a chart
 * renders to.
 */
export async function withMissingParts(
  source: Directory,
  templates: Directory,
  config: Config,
  chosen: Chosen,
  rendered: (chart: DiscoveredChart) => Promise<RenderedChart>,
): Promise<Directory> {
  const hasConfig = await source.exists(CONFIG)
  const manifests = await readManifests(source)
  const folders = hasConfig
    ? { backend: config.backend.path, frontend: config.frontend.path }
    : chooseFolders(manifests, chosen)
  const layout = await readApplications(source, Object.values(folders), manifests)
  const { deployed, left, isUnknown } = hasConfig
    ? { deployed: undefined, left: [], isUnknown: false }
    : await placeOf(folders, layout, rendered)
  const found = (name: ApplicationName) => ({
    ...discover(name, folders[name], layout),
    // What is configured is what the gate and the verification go by.
    ...(hasConfig && {
      base: config[name].base,
      context: config[name].context,
      ...(layout.files.includes(config[name].dockerfile) && { dockerfiles: undefined }),
    }),
  })
  const findings: Findings = {
    backend: asDeployed(found("backend"), deployed?.backend),
    frontend: asDeployed(found("frontend"), deployed?.frontend),
  }
  for (const text of [...unknowns(findings, deployed), ...left]) console.log(`init: ${text}`)
  const parts = [
    CONFIG,
    ...(["backend", "frontend"] as const).flatMap(name => dockerfileOf(name, config, findings, hasConfig)),
    ...(isUnknown ? [] : manifestsPart(config, deployed)),
    WORKFLOW,
  ]
  const present = await Promise.all(parts.map(path => source.exists(path)))
  const missing = parts.filter((_, index) => !present[index])
  const staticFiles = inFolder(folders.frontend, "static-files.cjs")
  if (missing.includes(DOCKERFILE) && !(await source.exists(staticFiles))) missing.push(STATIC_FILES)
  const paths = (await templates.glob("**/*")).filter(path => !path.endsWith("/"))
  const written = await Promise.all(
    paths
      .filter(path => missing.some(part => path === part || path.startsWith(`${part}/`)))
      .map(async path => ({
        path: path === STATIC_FILES ? staticFiles : path,
        text: adapt(path, await templates.file(path).contents(), findings, layout, deployed, left),
      })),
  )
  return written.reduce((made, { path, text }) => (text === undefined ? made : made.withNewFile(path, text)), source)
}

/**
 * How the applications are deployed already, and what else there is of charts and manifests. `isUnknown`: a chart that cannot be
 * rendered may run them; manifests of the templates would be a second way.
 */
async function placeOf(
  folders: Record<ApplicationName, string>,
  layout: Layout,
  rendered: (chart: DiscoveredChart) => Promise<RenderedChart>,
): Promise<{ deployed?: Deployed; left: string[]; isUnknown: boolean }> {
  const discovered = discoverCharts(layout)
  const isOther = elsewhere(folders, layout)
  const charts = await Promise.all(discovered.filter(({ path }) => !isOther(path)).map(rendered))
  const deployed = discoverInCharts(folders, charts, layout) ?? discoverDeployed(folders, layout)
  const paths = discovered.map(({ path }) => path)
  return {
    deployed,
    left: notTaken(folders, paths, charts, layout, deployed?.place),
    isUnknown: !deployed && charts.some(({ refusal }) => refusal !== undefined),
  }
}

/** The folder of manifests that there is to be; charts stand in place of one. */
function manifestsPart({ manifests }: Config, deployed?: Deployed): string[] {
  const folder = deployed ? deployed.place.folder : manifests
  return folder === undefined ? [] : [folder]
}

/** The template's place, unless the application has a Dockerfile of its own. */
function dockerfileOf(name: ApplicationName, config: Config, findings: Findings, hasConfig: boolean): string[] {
  const { dockerfile, dockerfiles } = findings[name]
  if (dockerfiles !== undefined && dockerfile === undefined) return []
  if (hasConfig) return [config[name].dockerfile]
  return dockerfile === undefined ? [`docker/${name}.dockerfile`] : []
}

/** What the repository's own manifests say of an application counts before what its files say. */
function asDeployed(found: Found, workload?: Workload): Found {
  return { ...found, port: workload?.port ?? found.port, health: workload?.health ?? found.health }
}

function adapt(
  path: string,
  template: string,
  findings: Findings,
  layout: Layout,
  deployed: Deployed | undefined,
  left: string[],
): string | undefined {
  const text = withoutTasks(template)
  if (path === CONFIG) return configurationFor("app", findings, deployed, left)
  if (path === "docker/backend.dockerfile") return adaptBackend(text, findings.backend, layout)
  if (path === DOCKERFILE) return adaptFrontend(text, findings.frontend, layout)
  return path.startsWith("k8s/") ? adaptManifest(path, text, findings) : text
}
