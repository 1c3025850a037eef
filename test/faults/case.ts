// The cases of this folder: faults that a deployment has to survive, and controls that it must not fail.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { parse } from "yaml"

import type { Source } from "../e2e/source.ts"

const MANIFESTS = "k8s/app.yaml"
const CONFIG = "cloud-native.yaml"

/** A text that is there, and what takes its place. */
interface Edit {
  from: string
  to: string
}

/** How a release differs from the minimal source. */
export interface Edits {
  /** In its manifests, from the first release to the one that the case is about. */
  edit: Edit[]
  /** In its manifests, of both releases. */
  first?: Edit[]
  /** In its config, of both releases. */
  config?: Edit[]
}

export interface Fault extends Edits {
  family: number
  /** Whether it stands for its family in `npm test`. */
  representative?: boolean
  /** What is in the namespace before, by kubectl. */
  given?: string[][]
  /** What happens to the cluster once the deployment has said something. */
  meanwhile?: { said: string; kubectl: string[] }
  /** Texts of the error, its code (or what two codes have in common) first. */
  expect: string[]
  /** What the cluster shows of it, as cause.ts reads it; unset: nothing, since the call or the users' requests find it out. */
  shown?: string
  /** Seconds from there to the verdict. Default: 10. */
  seconds?: number
  /** The state of the cluster afterwards. Default: rolled back. */
  recovery?: "rolled-back" | "none" | "untouched"
}

/** Names of the cases in cases/ or controls/. */
export function namesOf(folder: "cases" | "controls"): string[] {
  return readdirSync(join(import.meta.dirname, folder)).sort()
}

export function readFault(name: string): Fault {
  return read("cases", name) as Fault
}

/** A good release that starts badly. */
export function readControl(name: string): Edits {
  return read("controls", name) as Edits
}

function read(folder: string, name: string): unknown {
  return parse(readFileSync(join(import.meta.dirname, folder, name, "case.yaml"), "utf8"))
}

/** Make the minimal source the first release of a case. */
export function makeFirst(source: Source, { first = [], config = [] }: Edits): Source {
  for (const { from, to } of first) source.edit(MANIFESTS, from, to)
  for (const { from, to } of config) source.edit(CONFIG, from, to)
  return source
}

/** Make the first release the one that the case is about. */
export function makeNext(source: Source, { edit }: Pick<Edits, "edit">): Source {
  for (const { from, to } of edit) source.edit(MANIFESTS, from, to)
  return source
}
