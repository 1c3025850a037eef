import { Directory } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { plainChart, renderCharts } from "../manifests/charts.js"
import { parseManifests } from "../manifests/parse.js"
import { CloudNativeError } from "../util/errors.js"
import type { DiscoveredChart } from "./charts.js"
import type { RenderedChart } from "./deployed.js"

/** What a chart renders to with its own values, and with its secrets from --secrets if it takes them so; nothing where Helm refuses it. */
export async function renderDiscovered(
  source: Directory,
  chart: DiscoveredChart,
  config: Config,
): Promise<RenderedChart> {
  const withoutSecrets = { ...chart, secretValues: {} }
  for (const attempt of Object.keys(chart.secretValues).length > 0 ? [chart, withoutSecrets] : [chart])
    try {
      return { chart: attempt, manifests: await manifestsOf(source, attempt, config) }
    } catch (error) {
      if (!(error instanceof CloudNativeError)) throw error
      console.log(`init: ${error.message}`)
    }
  return { chart, manifests: [] }
}

async function manifestsOf(source: Directory, { path, secretValues }: DiscoveredChart, config: Config) {
  const chart = { ...plainChart(path, path.split("/").at(-1)!), secretValues }
  const { files } = await renderCharts(source, { ...config, charts: [chart] }, undefined, {
    namespace: config.namespace,
  })
  return parseManifests(files)
}
