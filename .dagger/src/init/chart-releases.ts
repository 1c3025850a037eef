import { posix } from "node:path"

import { inFolder, type Layout, normalize, parentOf, relativeTo } from "../gate/layout.js"
import type { DiscoveredChart } from "./charts.js"
import type { Release } from "./releases.js"
import { isOpen } from "./shell.js"

/** A file of values that is called after an environment, beside the chart or elsewhere. */
const OF_ENVIRONMENT = /(^|\/)values[-._]([A-Za-z0-9-]+)\.ya?ml$/
/** What such a name says of a file that is of no environment. */
const OTHERS = /^(base|common|shared|global|defaults?|examples?|samples?|templates?|secrets?|override)$/i

/** The environment that a file of values is called after. */
function environmentOf(file: string): string | undefined {
  const [, , name] = OF_ENVIRONMENT.exec(file) ?? []
  return name === undefined || OTHERS.test(name) ? undefined : name
}

/** A chart's files of values by environment, as the config has them. */
type Environments = Record<string, string[]>

/** The files of values in a chart's own folder that are called after an environment. */
export function environmentsIn(chart: string, { files }: Pick<Layout, "files">): Environments {
  const own = files.filter(file => parentOf(file) === chart).map(file => relativeTo(chart, file))
  return byEnvironment(own)
}

function byEnvironment(files: string[]): Environments {
  const named = files.flatMap(file => environmentOf(file) ?? [])
  return Object.fromEntries([...new Set(named)].map(name => [name, files.filter(file => environmentOf(file) === name)]))
}

/** A release of one chart, by paths from the source's root. */
interface Own extends Release {
  /** Files of values that the repository has, but for the chart's own values.yaml. */
  present: string[]
  left: string[]
}

/** A chart with its release, its namespace and its files of values as the repository deploys it today, where all that deploy it agree. */
export function asReleased(
  { environments: beside, ...chart }: DiscoveredChart,
  releases: Release[],
  charts: string[],
  layout: Pick<Layout, "files">,
): DiscoveredChart {
  const own = releases.flatMap(release => {
    const folder = folderOf(release, chart.path, charts)
    return folder === undefined ? [] : [ownOf(release, chart.path, folder, layout)]
  })
  const [name, names] = agreed(own, ({ release }) => (isLabel(release) ? release : undefined))
  const [namespace, namespaces] = agreed(own, release => (isLabel(release.namespace) ? release.namespace : undefined))
  const base = (release: Own) => release.present.filter(file => environmentOf(file) === undefined)
  const [, lists] = agreed(own, release => base(release).join(", "))
  const values = lists.length === 0 && own[0] ? base(own[0]) : []
  const elsewhere = own.flatMap(({ present }) => present).filter(file => parentOf(file) !== chart.path)
  const environments = byEnvironment([...Object.values(beside ?? {}).flat(), ...new Set(elsewhere)])
  const left = [
    ...(chart.left ?? []),
    ...names.map(which => `${chart.path} is deployed under several names: ${which}; none is taken: set its release`),
    ...namespaces.map(
      which => `${chart.path} is deployed to several namespaces: ${which}; none is taken: set namespace`,
    ),
    ...lists.map(
      which => `${chart.path} is deployed with several lists of values: ${which}; none is taken: set its values`,
    ),
    ...new Set(own.flatMap(({ file, left: parts }) => (parts.length > 0 ? [notTaken(chart.path, file, parts)] : []))),
  ]
  return {
    ...chart,
    ...(name !== undefined && { release: name }),
    ...(namespace !== undefined && { namespace }),
    ...(values.length > 0 && { values }),
    ...(Object.keys(environments).length > 0 && { environments }),
    ...(left.length > 0 && { left }),
  }
}

function notTaken(chart: string, file: string, parts: string[]): string {
  return `${file} deploys ${chart} with ${parts.join(", ")}, which is not taken: images are found by their names; a secret goes to secretValues, anything else into a file of values`
}

/** What releases have in common; else, for a person, what each has. One without it has nothing to say. */
function agreed(releases: Own[], valueOf: (release: Own) => string | undefined): [string | undefined, string[]] {
  const found = releases.flatMap(release => {
    const value = valueOf(release)
    return value === undefined ? [] : [{ value, file: release.file }]
  })
  const values = [...new Set(found.map(({ value }) => value))]
  if (values.length < 2) return [values[0], []]
  const filesOf = (value: string) => [...new Set(found.filter(other => other.value === value).map(({ file }) => file))]
  return [undefined, [values.map(value => `${value || "none"} (${filesOf(value).join(", ")})`).join(", ")]]
}

/** What cloud-native.yaml takes as a name. */
function isLabel(text: string | undefined): boolean {
  return text !== undefined && /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)
}

/** The folder that a release's paths are seen from, if it is of the chart: its file's own, else the one that a command changed to. */
function folderOf({ file, chart }: Release, path: string, charts: string[]): string | undefined {
  if (isOpen(chart) || chart.startsWith("/")) return undefined
  const beside = parentOf(file)
  if (normalize(posix.join(beside, chart)) === path) return beside
  const plain = normalize(chart)
  const fitting = charts.filter(other => other === plain || other.endsWith(`/${plain}`))
  const [only, ...more] = fitting.includes(plain) ? [plain] : fitting
  if (plain === "." || only !== path || more.length > 0) return undefined
  return path === plain ? "." : path.slice(0, -plain.length - 1)
}

function ownOf(release: Release, chart: string, folder: string, { files }: Pick<Layout, "files">): Own {
  const places = release.values.map(file => ({ file, place: normalize(posix.join(folder, file)) }))
  const isThere = ({ place }: { place: string }) => files.includes(place)
  const isVariable = (text: string | undefined): text is string => text !== undefined && !isLabel(text)
  return {
    ...release,
    present: places
      .filter(isThere)
      .map(({ place }) => place)
      .filter(place => place !== inFolder(chart, "values.yaml")),
    left: [
      ...(isVariable(release.release) ? [`the release ${release.release}`] : []),
      ...(isVariable(release.namespace) ? [`--namespace=${release.namespace}`] : []),
      ...places.filter(value => !isThere(value)).map(({ file }) => `--values=${file}`),
      ...release.settings,
    ],
  }
}
