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
    const found = {
      path: chart.path,
      secretValues: secretValuesOf(chart, charts, layout),
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

/** An entry of a Secret that is one value, a text with values in it, and a loop over a mapping of values. */
const WHOLE = /^\s+["']?([\w.-]+)["']?:\s*["']?\{\{-?[^{}]*?\.Values\.([\w.]*\w)[^{}]*\}\}["']?\s*$/
const INSIDE = /\.Values\.([\w.]*\w)/g
const LOOP = /\{\{-?\s*range\s+\$\w+,\s*\$\w+\s*:?=\s*\.Values\.([\w.]*\w)\s*-?\}\}/

/**
 * Those of a chart, and of the charts that it brings: their values stand under their keys, but for global ones. `held`: paths of
 * the values that a chart above has for this one.
 */
function secretValuesOf(chart: Chart, charts: Chart[], layout: Layout, held: string[] = []): Record<string, string> {
  const own = leaves(yaml(layout.texts[at(chart.path, "values.yaml")] ?? "") ?? {}).map(([path]) => path)
  // secretValues takes no item of a list.
  const values = [...own, ...held].filter(path => !path.includes("["))
  const others = charts.filter(other => other !== chart)
  const ofParts = partsOf(chart, others).flatMap(({ part, key }) => {
    const below = values.filter(path => path.startsWith(`${key}.`)).map(path => path.slice(key.length + 1))
    return Object.entries(secretValuesOf(part, others, layout, below)).map(([path, secret]): [string, string] => [
      path.startsWith("global.") ? path : `${key}.${path}`,
      secret,
    ])
  })
  return Object.fromEntries([...ownSecretValues(chart.path, values, layout), ...ofParts])
}

/** Read off the templates, as people write them; what a helper makes is not found. */
function ownSecretValues(chart: string, values: string[], { files, texts }: Layout): [string, string][] {
  return files
    .filter(file => isIn(at(chart, "templates"), file) && isYaml(file))
    .flatMap(file => (texts[file] ?? "").split(/^---.*$/m))
    .filter(document => /^kind: ["']?Secret["']?\s*$/m.test(document))
    .flatMap(document => document.split(/^(?:data|stringData):/m).slice(1))
    .flatMap(data => data.split("\n"))
    .flatMap((line): [string, string][] => {
      const looped = LOOP.exec(line)?.[1]
      if (looped !== undefined)
        return values.filter(path => path.startsWith(`${looped}.`)).map(path => [path, keyOf(lastOf(path))])
      const [, entry, whole] = WHOLE.exec(line) ?? []
      if (entry !== undefined && whole !== undefined) return [[whole, keyOf(entry)]]
      return [...line.matchAll(INSIDE)]
        .map(([, path]) => path!)
        .filter(path => /(password|secret|token|key)$/i.test(path))
        .map(path => [path, keyOf(path)])
    })
}

const lastOf = (path: string) => path.split(".").at(-1)!

/** A name as a dotenv file has it: databaseUrl is DATABASE_URL. */
function keyOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/\W/g, "_")
    .toUpperCase()
}
