import { parse } from "yaml"
import { z } from "zod"

/** A chart that another one depends on, by its Chart.yaml. */
export interface Dependency {
  name: string
}

const ChartFile = z.object({
  dependencies: z.array(z.object({ name: z.string() })).nullish(),
})

/** What a Chart.yaml names; a file that cannot be read names nothing: Helm says what is wrong with it. */
export function dependenciesIn(chartFile: string): Dependency[] {
  return ChartFile.catch({ dependencies: [] }).parse(parsed(chartFile)).dependencies ?? []
}

function parsed(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
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
