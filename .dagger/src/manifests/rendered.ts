import { posix } from "node:path"

import { stepsOf } from "../util/leaves.js"
import { describe, type Manifest } from "./manifest.js"
import { type Problem, problemAt } from "./problem.js"
import { fieldsOf, usedKeys } from "./secret-values.js"
import type { KubernetesObject } from "./shapes.js"

/** What "helm template" prints in front of each object: the chart's name, then the template's path in it. */
const SOURCE = /^---\n# Source: [^/\n]+\/(.+)\n/m
/** A file that Helm installs once per cluster, of the chart or of one that it depends on. */
const IN_CRDS = /^(charts\/[^/]+\/)*crds\//

/** A file of a chart, as Helm has rendered it. */
export interface RenderedFile {
  name: string
  text: string
  /** Whether it is in crds/, which Helm renders nothing in. */
  isCrd: boolean
}

/** What Helm has rendered of a chart, object by object, with the file of the template that it comes from. */
export function objectsByTemplate(text: string, chart: string): RenderedFile[] {
  const [, ...parts] = `\n${text}`.split(SOURCE)
  return parts.flatMap((part, index) => {
    if (index % 2 !== 0) return []
    const isCrd = IN_CRDS.test(part)
    return [{ name: posix.join(chart, part) + (isCrd ? "" : " (rendered)"), text: parts[index + 1]!, isCrd }]
  })
}

/** What is another in each rendering of the same chart: nobody could tell what a plan, or a rollback, would bring. */
export function* unstable(first: Manifest[], second: Manifest[]): Generator<Problem> {
  for (const { manifest, field } of differences(first, second))
    yield problemAt(manifest, field === undefined ? ["metadata", "name"] : stepsOf(field), {
      code: "CHART_NOT_STABLE",
      what: `${describe(manifest.object)}: ${field ?? "its name"} is another each time that the chart is rendered, as by randAlphaNum, genCA or now`,
      fix: "set the value that the template asks for, with values or secretValues in cloud-native.yaml, so that it makes none of its own",
    })
}

/** What depends on a secret value without holding it, such as a hash. Annotations may: they only say that something has changed. */
export function* computed(first: Manifest[], other: Manifest[]): Generator<Problem> {
  for (const { manifest, field } of differences(first, other)) {
    if (field && /\.annotations\./.test(field)) continue
    yield problemAt(manifest, field === undefined ? ["metadata", "name"] : stepsOf(field), {
      code: "SECRET_VALUE_COMPUTED",
      what: `${describe(manifest.object)}: ${field ?? "its name"} is computed from a value of secretValues, such as by sha256sum, urlquery or a second b64enc; this module puts values in as they are, after Helm`,
      fix: "give the computed text itself as a key of --secrets, for the value that the template takes it from",
    })
  }
}

/** The values of secretValues that stand nowhere: no secret would arrive. */
export function* unusedValues(
  manifests: Manifest[],
  chart: { path: string; secretValues: Record<string, string> },
): Generator<Problem> {
  const used = usedKeys(manifests)
  for (const [value, key] of Object.entries(chart.secretValues))
    if (!used.has(key))
      yield {
        code: "SECRET_VALUE_UNUSED",
        what: `the chart ${chart.path} puts its value ${value} (${key} of --secrets) into no object`,
        fix: "correct the path of the value in secretValues of cloud-native.yaml, or set what makes the chart use it",
      }
}

function differences(first: Manifest[], second: Manifest[]): { manifest: Manifest; field?: string }[] {
  const others = new Map(second.map(({ object }) => [keyOf(object), fieldsOf(object)]))
  return first.flatMap(manifest => {
    const other = others.get(keyOf(manifest.object))
    if (!other) return [{ manifest }]
    const own = fieldsOf(manifest.object)
    return [...new Set([...own.keys(), ...other.keys()])]
      .filter(field => own.get(field) !== other.get(field))
      .map(field => ({ manifest, field }))
  })
}

function keyOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  return [apiVersion, kind, metadata.namespace, metadata.name].join(" ")
}
