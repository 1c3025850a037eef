import type { KubernetesObject } from "./shapes.js"

export type Path = readonly PropertyKey[]

export interface Position {
  line: number
  column: number
}

/** An object with where it was read: problems are reported at their place in the file. */
export interface Manifest {
  file: string
  object: KubernetesObject
  /** The place of a field; of what would hold it where it is absent. */
  locate(path: Path): Position
}

/** How messages call an object, for example "Deployment backend". */
export function describe({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.name}`
}
