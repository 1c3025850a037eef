import { posix } from "node:path"

import { parse, stringify } from "yaml"
import { z } from "zod"

/** A chart that another one depends on, by its Chart.yaml. */
export interface Dependency {
  name: string
  /** Where it is from: http(s)://, oci://, file://, or @NAME of a repository on the author's machine. */
  repository: string
}

const ChartFile = z.object({
  dependencies: z
    .array(
      z.object({
        name: z.string(),
        repository: z
          .string()
          .nullish()
          .transform(text => text ?? ""),
      }),
    )
    .nullish(),
})

/** What a Chart.yaml names; a file that cannot be read names nothing: Helm says what is wrong with it. */
export function dependenciesIn(chartFile: string): Dependency[] {
  try {
    return ChartFile.parse(parse(chartFile)).dependencies ?? []
  } catch {
    return []
  }
}

/** Those of the dependencies that charts/ does not have, neither as a folder nor as an archive: redis-17.0.0.tgz is not redis-cluster. */
export function missingIn(charts: string[], dependencies: Dependency[]): Dependency[] {
  const names = charts.map(path => path.replace(/\/$/, "").split("/").at(-1)!)
  const isThere = ({ name }: Dependency) =>
    names.some(base => base === name || (base.startsWith(`${name}-`) && VERSION.test(base.slice(name.length + 1))))
  return dependencies.filter(dependency => !isThere(dependency))
}

const VERSION = /^v?\d.*\.tgz$/

/** The repositories as "helm repo add" would write them down: with a Chart.lock, Helm downloads from those alone. */
export function repositoriesFor(dependencies: Dependency[]): string {
  const urls = new Set(
    // Helm takes an address with a slash at its end for the same, and fails where both are listed.
    dependencies.map(({ repository }) => repository.replace(/\/+$/, "")).filter(url => /^https?:/.test(url)),
  )
  return stringify({ repositories: [...urls].map((url, index) => ({ name: `repository-${index}`, url })) })
}

/** Those that are named as only their author's machine knows them. */
export function aliasesIn(dependencies: Dependency[]): string[] {
  return dependencies.map(({ repository }) => repository).filter(name => /^(@|alias:)/.test(name))
}

/** The folder of a chart that another one depends on by its path; with ".." in front where it is outside of what there is. */
export function folderOf(chart: string, { repository }: Dependency): string | undefined {
  const path = /^file:\/\/([^/].*)/.exec(repository)?.[1]
  return path === undefined ? undefined : posix.join(chart, path).replace(/\/$/, "")
}
