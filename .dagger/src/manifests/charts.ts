import { Directory } from "@dagger.io/dagger"

import { environmentOf } from "../config/environment.js"
import type { ChartConfig, Config } from "../config/schema.js"
import { CloudNativeError } from "../util/errors.js"
import { type Chart, type Place, renderChart, type Rendered } from "./helm.js"

/** The config's charts, rendered for an environment. */
export async function renderCharts(
  source: Directory,
  config: Config,
  overlay: string | undefined,
  place: Place,
): Promise<Rendered> {
  const rendered = await Promise.all(
    config.charts.map(async chart => renderChart(source, await chartFor(source, chart, overlay), place, config)),
  )
  // Charts that depend on the same one bring the same.
  const crds = new Map(rendered.flatMap(({ crds }) => crds.map(crd => [crd.object.metadata.name, crd] as const)))
  return { files: rendered.flatMap(({ files }) => files), crds: [...crds.values()] }
}

/** A chart of which no more is said than where it is and what its release is called. */
export function plainChart(path: string, release: string): ChartConfig {
  return { path, release, values: [], environments: {}, secretValues: {} }
}

/** The environments that the charts name themselves. */
export function chartEnvironments({ charts }: Config): string[] {
  return [...new Set(charts.flatMap(({ environments }) => Object.keys(environments)))]
}

/** Whether a chart has values of its own for an environment. */
export async function chartsKnow(source: Directory, { charts }: Config, overlay: string): Promise<boolean> {
  const known = await Promise.all(
    charts.map(async chart => (await overlayValues(source, chart, overlay)) !== undefined),
  )
  return known.includes(true)
}

async function chartFor(source: Directory, chart: ChartConfig, overlay: string | undefined): Promise<Chart> {
  if (!(await source.exists(`${chart.path}/Chart.yaml`)))
    throw layoutError(
      `there is no ${chart.path}/Chart.yaml`,
      "set charts in cloud-native.yaml to folders that have one",
    )
  const ofOverlay = overlay === undefined ? undefined : await overlayValues(source, chart, overlay)
  const values = [...chart.values, ...(ofOverlay ?? [])]
  return { ...chart, values: await Promise.all(values.map(file => placeOf(source, chart, file))) }
}

/** The files of values that an environment adds; undefined where the chart knows none of it. */
async function overlayValues(source: Directory, chart: ChartConfig, overlay: string): Promise<string[] | undefined> {
  const name = environmentOf(overlay)
  const said = chart.environments[overlay] ?? chart.environments[name]
  if (said) return said
  const file = `values-${name}.yaml`
  return (await source.exists(`${chart.path}/${file}`)) ? [file] : undefined
}

/** Where a file of values is: in the chart's folder, else from the source's root. */
async function placeOf(source: Directory, { path }: ChartConfig, file: string): Promise<string> {
  for (const place of [`${path}/${file}`, file]) if (await source.exists(place)) return place
  throw layoutError(
    `the file of values ${file} is neither in ${path}/ nor at that place of the source`,
    "correct values in charts of cloud-native.yaml",
  )
}

function layoutError(what: string, fix: string): CloudNativeError {
  return new CloudNativeError({
    code: "SOURCE_LAYOUT",
    blame: "user",
    what,
    why: "charts in cloud-native.yaml names it",
    fix,
  })
}
