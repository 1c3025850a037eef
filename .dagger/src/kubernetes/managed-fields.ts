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

export function isOwn({ manager, operation, subresource }: Entry): boolean {
  return manager === FIELD_MANAGER && operation === "Apply" && !subresource
}

/** The control plane, whose fields are not for manifests to have. */
const CONTROL_PLANE = /^(kube-.*|kubelet|kubelite|k3s|cloud-controller-manager)$/

/** Whether fields of the object itself, not of its status or scale, are somebody else's. */
export function isOther({ manager, subresource }: Entry): boolean {
  return manager !== FIELD_MANAGER && !subresource && !CONTROL_PLANE.test(manager)
}

/**
 * What stays with its manager, by its path. Controllers need the first two to clean up; without the replicas, one pod would be left;
 * without the date of `kubectl rollout restart`, all pods would be replaced once more.
 */
const KEPT = [
  ["f:metadata", "f:finalizers"],
  ["f:metadata", "f:ownerReferences"],
  ["f:spec", "f:replicas"],
  ["f:spec", "f:template", "f:metadata", "f:annotations", "f:kubectl.kubernetes.io/restartedAt"],
  ["f:status"],
]

/** Fields of another manager: those that this module may take over, and those that stay. */
export function divide(fields: Fields, kept = KEPT): { given: Fields; kept: Fields } {
  const sides: { given: Fields; kept: Fields } = { given: {}, kept: {} }
  for (const [step, below] of Object.entries(fields)) {
    const inside = kept.filter(([first]) => first === step).map(([, ...rest]) => rest)
    if (inside.some(rest => rest.length === 0)) sides.kept[step] = below
    else if (inside.length === 0 || isLeaf(below)) sides.given[step] = below
    else {
      const divided = divide(below, inside)
      if (!isLeaf(divided.given)) sides.given[step] = divided.given
      if (!isLeaf(divided.kept)) sides.kept[step] = divided.kept
    }
  }
  // A map that holds nothing else of theirs stays with what stays.
  return !isLeaf(sides.kept) && stepsIn(sides.given).length === 0 ? { given: {}, kept: fields } : sides
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

export function stepsIn(fields: Fields): [string, Fields][] {
  return Object.entries(fields).filter(([step]) => step !== ".")
}

export function isLeaf(fields: Fields): boolean {
  return Object.keys(fields).length === 0
}

export function merged(some: Fields, others: Fields): Fields {
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

export function valueAt(value: unknown, step: string): unknown {
  const { kind, text } = parseStep(step)
  if (kind === "f") return typeof value === "object" ? (value as Record<string, unknown> | null)?.[text] : undefined
  if (!Array.isArray(value)) return undefined
  if (kind === "i") return value[Number(text)]
  if (kind === "v") return value.find(item => JSON.stringify(item) === text)
  const keys = Object.entries(keysIn(text))
  return value.find(item => keys.every(([name, key]) => (item as Record<string, unknown>)[name] === key))
}

/** Set a field or an item of a value; undefined removes it. */
export function setAt(value: unknown, step: string, wanted: unknown): void {
  const { kind, text } = parseStep(step)
  if (Array.isArray(value)) {
    const index = kind === "i" ? Number(text) : value.indexOf(valueAt(value, step))
    if (wanted === undefined) value.splice(index, index < 0 ? 0 : 1)
    else value.splice(index < 0 ? value.length : index, index < 0 ? 0 : 1, wanted)
  } else if (kind === "f" && typeof value === "object" && value !== null) {
    if (wanted === undefined) Reflect.deleteProperty(value, text)
    else Object.assign(value, { [text]: wanted })
  }
}

function keysIn(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}
