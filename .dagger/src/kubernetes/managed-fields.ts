import { z } from "zod"

import { canonical } from "../util/digest.js"
import { FIELD_MANAGER } from "./kubectl.js"

/** Fields as the API server writes them down: { "f:spec": { "f:replicas": {} } }; "." is the object or item itself. */
export interface Fields {
  [step: string]: Fields
}

const Fields: z.ZodType<Fields> = z.lazy(() => z.record(z.string(), Fields))

/** Who has set which fields of an object. */
const Entry = z.looseObject({
  manager: z.string().default(""),
  operation: z.string(),
  apiVersion: z.string(),
  subresource: z.string().optional(),
  fieldsV1: Fields.default({}),
})
export type Entry = z.infer<typeof Entry>
export const ManagedFields = z.array(Entry).default([])

/** What a release does with the fields that another manager has set on one of its objects. */
export interface OtherManager {
  manager: string
  /** Fields that get another value. */
  overwritten: string[]
  /** Fields that stay, and that the manifests do not have. */
  left: string[]
}

interface Managed {
  metadata: { managedFields: Entry[] }
}

/** kubectl itself removes what its earlier client-side apply has left. */
const CLIENT_SIDE = "kubectl-client-side-apply"

/** What a release does with other managers' fields; `alone`: the object as the manifests make it where none is there, with all defaults. */
export function otherManagers(live: Managed, planned: Managed, alone: unknown): OtherManager[] {
  const own = planned.metadata.managedFields.find(isOwn)?.fieldsV1 ?? {}
  return live.metadata.managedFields
    .filter(isOther)
    .map(({ manager, fieldsV1 }) => ({
      manager,
      overwritten: overwritten(fieldsV1, live, planned),
      left: manager === CLIENT_SIDE ? [] : left(divide(fieldsV1).given, own, planned, alone),
    }))
    .filter(({ overwritten, left }) => overwritten.length + left.length > 0)
}

/** The same entries with the fields of others given to this module, whose next apply removes those that it does not have; undefined: there are none. */
export function takenOver(entries: Entry[]): Entry[] | undefined {
  const others = entries.filter(isOther).map(entry => ({ entry, ...divide(entry.fieldsV1) }))
  const given = others.filter(({ given }) => !isLeaf(given))
  const [first] = given
  if (!first) return undefined
  const { apiVersion, time } = first.entry
  const fresh = { manager: FIELD_MANAGER, operation: "Apply", apiVersion, time, fieldsType: "FieldsV1", fieldsV1: {} }
  const own = entries.find(isOwn) ?? fresh
  return [
    ...entries.filter(entry => !isOther(entry) && entry !== own),
    { ...own, fieldsV1: given.reduce((all, { given }) => merged(all, given), own.fieldsV1) },
    ...others.flatMap(({ entry, given, kept }) => {
      if (isLeaf(given)) return [entry]
      return isLeaf(kept) ? [] : [{ ...entry, fieldsV1: kept }]
    }),
  ]
}

function isOwn({ manager, operation, subresource }: Entry): boolean {
  return manager === FIELD_MANAGER && operation === "Apply" && !subresource
}

/** The control plane, whose fields are not for manifests to have. */
const CONTROL_PLANE = /^(kube-.*|kubelet|kubelite|k3s|cloud-controller-manager)$/

/** Whether fields of the object itself, not of its status or scale, are somebody else's. */
export function isOther({ manager, subresource }: Entry): boolean {
  return manager !== FIELD_MANAGER && !subresource && !CONTROL_PLANE.test(manager)
}

/** What stays with its manager: controllers need the first two to clean up; without the last, one pod would be left. */
const KEPT: Record<string, string[]> = { "f:metadata": ["f:finalizers", "f:ownerReferences"], "f:spec": ["f:replicas"] }

function divide(fields: Fields): { given: Fields; kept: Fields } {
  const [given, kept]: [Fields, Fields] = [{}, {}]
  for (const [step, below] of Object.entries(fields)) {
    for (const [name, inner] of Object.entries(below)) {
      const side = step === "f:status" || KEPT[step]?.includes(name) ? kept : given
      side[step] = { ...side[step], [name]: inner }
    }
    if (isLeaf(below)) given[step] = {}
  }
  return { given, kept }
}

function overwritten(theirs: Fields, live: unknown, planned: unknown, path = ""): string[] {
  return stepsIn(theirs).flatMap(([step, below]) => {
    const [before, after] = [valueAt(live, step), valueAt(planned, step)]
    if (canonical(before) === canonical(after)) return []
    const at = pathTo(path, step)
    return isLeaf(below) ? [at] : overwritten(below, before, after, at)
  })
}

/** Maps whose keys are each somebody's. */
const MAP = /(^|\.)(annotations|labels|data)$/

/** The outermost fields of theirs that are not this module's, but for those that have their default. */
function left(theirs: Fields, own: Fields, planned: unknown, alone: unknown, path = ""): string[] {
  return stepsIn(theirs).flatMap(([step, below]) => {
    const ours = own[step]
    const [value, usual] = [valueAt(planned, step), valueAt(alone, step)]
    if ((ours && isLeaf(ours)) || canonical(value) === canonical(usual)) return []
    const at = pathTo(path, step)
    const isWhole = isLeaf(below) || (!ours && usual === undefined && !MAP.test(at))
    return isWhole ? [at] : left(below, ours ?? {}, value, usual, at)
  })
}

function stepsIn(fields: Fields): [string, Fields][] {
  return Object.entries(fields).filter(([step]) => step !== ".")
}

function isLeaf(fields: Fields): boolean {
  return Object.keys(fields).length === 0
}

function merged(some: Fields, others: Fields): Fields {
  const steps = new Set([...Object.keys(some), ...Object.keys(others)])
  return Object.fromEntries([...steps].map(step => [step, merged(some[step] ?? {}, others[step] ?? {})]))
}

/** f:NAME is a field, k:{…} an item by its keys, v:VALUE an item of a set, i:NUMBER one by its place. */
function parseStep(step: string): { kind: string; text: string } {
  return { kind: step.slice(0, 1), text: step.slice(2) }
}

function pathTo(path: string, step: string): string {
  const { kind, text } = parseStep(step)
  if (kind === "f") return path ? `${path}.${text}` : text
  return `${path}[${
    kind === "k"
      ? Object.entries(keysIn(text))
          .map(pair => pair.join("="))
          .join(",")
      : text
  }]`
}

function valueAt(value: unknown, step: string): unknown {
  const { kind, text } = parseStep(step)
  if (kind === "f") return typeof value === "object" ? (value as Record<string, unknown> | null)?.[text] : undefined
  if (!Array.isArray(value)) return undefined
  if (kind === "i") return value[Number(text)]
  if (kind === "v") return value.find(item => JSON.stringify(item) === text)
  const keys = Object.entries(keysIn(text))
  return value.find(item => keys.every(([name, key]) => (item as Record<string, unknown>)[name] === key))
}

function keysIn(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}
