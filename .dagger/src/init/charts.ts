import { posix } from "node:path"

import { parse } from "yaml"
import { z } from "zod"

import { isIn, type Layout, normalize, parentOf } from "../gate/layout.js"
import type { Manifest } from "../manifests/parse.js"
import { usedKeys } from "../manifests/secret-values.js"
import { leaves } from "../util/leaves.js"
import { asReleased, environmentsIn } from "./chart-releases.js"
import { isAside } from "./discover.js"
import { releasesIn } from "./releases.js"
import { type SecretValue, secretValuesIn } from "./secret-templates.js"

/** A Helm chart that is deployed by itself. */
export interface DiscoveredChart {
  path: string
  /** The values that its Secrets are made of, each with the key of --secrets that it is to come from. */
  secretValues: Record<string, string>
  /** How it is deployed today, where that is known. */
  release?: string
  namespace?: string
  /** Files of values in every environment, from the source's root. */
  values?: string[]
  /** Further files of values by environment, of the chart's folder or from the source's root. */
  environments?: Record<string, string[]>
  /** What of it is for a person to decide. */
  left?: string[]
}

const ChartFile = z.object({
  name: z.string().default(""),
  type: z.string().optional(),
  dependencies: z
    .array(z.object({ name: z.string().default(""), alias: z.string().optional(), repository: z.string().default("") }))
    .default([]),
})
type ChartFile = z.output<typeof ChartFile>

/** The charts of a repository, without libraries and those that another one brings with it. */
export function discoverCharts(layout: Layout): DiscoveredChart[] {
  const charts = readCharts(layout)
  const parts = charts.flatMap(chart => partsOf(chart, charts).map(({ part }) => part.path))
  const own = charts.filter(({ path, type }) => type !== "library" && !parts.includes(path))
  const releases = releasesIn(layout)
  return own.map(chart => {
    const values = secretValuesOf(chart, charts, layout)
    const left = unnamed(chart.path, values)
    const found = {
      path: chart.path,
      secretValues: Object.fromEntries(values.flatMap(value => ("key" in value ? [[value.path, value.key]] : []))),
      ...(left.length > 0 && { left }),
      environments: environmentsIn(chart.path, layout),
    }
    return asReleased(
      found,
      releases,
      own.map(({ path }) => path),
      layout,
    )
  })
}

/** A chart without the values that it puts into no object. */
export function withUsedValues(chart: DiscoveredChart, manifests: Manifest[]): DiscoveredChart {
  const used = usedKeys(manifests)
  const kept = Object.entries(chart.secretValues).filter(([, key]) => used.has(key))
  return { ...chart, secretValues: Object.fromEntries(kept) }
}

type Chart = ChartFile & { path: string }

function readCharts(layout: Layout): Chart[] {
  return chartFolders(layout).map(path => ({ path, ...chartFile(layout.texts[at(path, "Chart.yaml")] ?? "") }))
}

/** The charts that one brings with it: those in its charts/, and those that it depends on by a path. Their values stand under a key. */
function partsOf(chart: Chart, charts: Chart[]): { part: Chart; key: string }[] {
  return charts.flatMap(part => {
    const isInside = parentOf(part.path) === at(chart.path, "charts")
    const named = chart.dependencies.find(({ name, repository }) => {
      const [, path] = /^file:\/\/(.+)/.exec(repository) ?? []
      return path === undefined ? isInside && name === part.name : at(chart.path, path) === part.path
    })
    return isInside || named ? [{ part, key: named?.alias ?? part.name }] : []
  })
}

/** The files of charts that tell which values are secrets. */
export function chartTexts(layout: Pick<Layout, "files">): string[] {
  const charts = chartFolders(layout)
  return layout.files.filter(file =>
    charts.some(chart => file === at(chart, "values.yaml") || (isIn(at(chart, "templates"), file) && isYaml(file))),
  )
}

/** The folders of all charts, libraries and parts of others included. */
export function chartFolders({ files }: Pick<Layout, "files">): string[] {
  return files.filter(file => /(^|\/)Chart\.yaml$/.test(file) && !isAside(file)).map(parentOf)
}

const isYaml = (file: string) => /\.ya?ml$/.test(file)

const at = (folder: string, path: string) => normalize(posix.join(folder, path))

/** A file that cannot be read is one that says nothing: Helm says what is wrong with it. */
function chartFile(text: string): ChartFile {
  return ChartFile.catch({ name: "", dependencies: [] }).parse(yaml(text))
}

function yaml(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

/**
 * Those of a chart, and of the charts that it brings: their values stand under their keys, but for global ones. `held`: paths of
 * the values that a chart above has for this one.
 */
function secretValuesOf(chart: Chart, charts: Chart[], layout: Layout, held: string[] = []): SecretValue[] {
  const own = leaves(yaml(layout.texts[at(chart.path, "values.yaml")] ?? "") ?? {})
  const values = [...own.map(([path, text]) => (text === "[]" ? `${path}[]` : path)), ...held]
  const others = charts.filter(other => other !== chart)
  const ofParts = partsOf(chart, others).flatMap(({ part, key }) => {
    const below = values.filter(path => path.startsWith(`${key}.`)).map(path => path.slice(key.length + 1))
    return secretValuesOf(part, others, layout, below).map(({ path, ...value }) => ({
      path: path.startsWith("global.") ? path : `${key}.${path}`,
      ...value,
    }))
  })
  const templates = layout.files.filter(file => isIn(at(chart.path, "templates"), file) && isYaml(file))
  return [...templates.flatMap(file => secretValuesIn(layout.texts[file] ?? "", values)), ...ofParts]
}

/** The values of which a person has to say what they are. */
function unnamed(chart: string, values: SecretValue[]): string[] {
  const texts = values.flatMap(value => ("key" in value ? [] : [`${chart} ${UNNAMED[value.unnamed](value.path)}`]))
  return [...new Set(texts)]
}

const UNNAMED = {
  list: (path: string) =>
    `makes a Secret of the list ${path}, whose items --secrets cannot fill: Helm takes a list as one value; let the template go through a mapping, and name its values in secretValues`,
  nothing: (path: string) =>
    `makes a Secret of what is in ${path}, where its values.yaml has nothing: name each value in secretValues`,
}
