import { Directory } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { plainChart } from "../manifests/charts.js"
import { renderOnce } from "../manifests/helm.js"
import { CloudNativeError } from "../util/errors.js"
import { type DiscoveredChart, withUsedValues } from "./charts.js"
import type { RenderedChart } from "./deployed.js"

/**
 * What a chart renders to with the values that it has in every environment, and with its secrets from --secrets if it takes them so. One that a deployment
 * would refuse, such as for a random password, runs the applications all the same.
 */
export async function renderDiscovered(
  source: Directory,
  chart: DiscoveredChart,
  config: Config,
): Promise<RenderedChart> {
  const withoutSecrets = { ...chart, secretValues: {} }
  const refusals: string[] = []
  for (const attempt of Object.keys(chart.secretValues).length > 0 ? [chart, withoutSecrets] : [chart])
    try {
      const manifests = await manifestsOf(source, attempt, config)
      return { chart: withUsedValues(attempt, manifests), manifests }
    } catch (error) {
      if (!(error instanceof CloudNativeError)) throw error
      refusals.push(mainLine(error.why))
    }
  return { chart, manifests: [], refusal: refusals[0] }
}

async function manifestsOf(source: Directory, chart: DiscoveredChart, config: Config) {
  const { path, secretValues, release = path.split("/").at(-1)!, values = [] } = chart
  const { namespace = config.namespace } = chart
  return renderOnce(source, { ...plainChart(path, release), values, secretValues }, { namespace }, config)
}

/** The line of Helm's output that says what is wrong. */
function mainLine(output: string): string {
  const lines = output.split("\n").map(line => line.trim())
  return (lines.find(line => line.startsWith("Error:")) ?? lines[0]!).replace(/^Error: /, "")
}
