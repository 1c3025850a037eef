import { FIELD_MANAGER } from "./kubectl.js"
import {
  divide,
  type Entry,
  type Fields,
  isLeaf,
  isOther,
  isOwn,
  merged,
  setAt,
  stepsIn,
  valueAt,
} from "./managed-fields.js"
import type { ManagedObject } from "./managed-objects.js"

/** An operation of a JSON patch. */
export interface Operation {
  op: "add" | "remove" | "replace"
  path: string
  value?: unknown
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

/** The patch that gives the fields of others to this module, on the object as it was read only; undefined: there are none. */
export function ownershipPatch({ metadata }: ManagedObject): Operation[] | undefined {
  const value = takenOver(metadata.managedFields)
  return (
    value && [
      { op: "replace", path: "/metadata/managedFields", value },
      // With any other one the API server answers that the object has been modified.
      { op: "replace", path: "/metadata/resourceVersion", value: metadata.resourceVersion },
    ]
  )
}

/**
 * An object as applying its manifest would make it after the take-over, which no dry run shows: a patch of
 * another dry run is not there for it. `alone`: what the manifest makes where no object is, with the fields that are its own. Undefined: there is nothing to take over.
 */
export function asTakenOver(live: ManagedObject, alone: ManagedObject): ManagedObject | undefined {
  const entries = takenOver(live.metadata.managedFields)
  if (!entries) return undefined
  const own = alone.metadata.managedFields.find(isOwn)?.fieldsV1 ?? {}
  const before = entries.find(isOwn)?.fieldsV1 ?? {}
  const held = entries.filter(entry => !isOwn(entry)).reduce((all, { fieldsV1 }) => merged(all, fieldsV1), own)
  const object = structuredClone(live)
  prune(object, before, held)
  overlay(object, alone, own)
  return object
}

/** Remove the fields that nobody holds any more, with all below them. */
function prune(value: unknown, fields: Fields, held: Fields): void {
  for (const [step, below] of stepsIn(fields).reverse()) {
    const holders = held[step]
    if (!holders) setAt(value, step, undefined)
    else if (!isLeaf(holders)) prune(valueAt(value, step), below, holders)
  }
}

/** Set the fields that an object has; what is new comes with its defaults. */
function overlay(value: unknown, alone: unknown, own: Fields): void {
  for (const [step, below] of stepsIn(own)) {
    const [present, wanted] = [valueAt(value, step), valueAt(alone, step)]
    if (present === undefined || stepsIn(below).length === 0) setAt(value, step, wanted)
    else overlay(present, wanted, below)
  }
}

/** The patch that makes one object of the other, but for what the API server keeps itself. */
export function patchTo(live: ManagedObject, wanted: ManagedObject): Operation[] {
  const { labels = {}, annotations = {} } = wanted.metadata
  const fields = (object: ManagedObject) =>
    Object.entries(object).filter(([name]) => !["apiVersion", "kind", "metadata", "status"].includes(name))
  const left = new Set(fields(wanted).map(([name]) => name))
  return [
    { op: "add", path: "/metadata/labels", value: labels },
    { op: "add", path: "/metadata/annotations", value: annotations },
    ...fields(live)
      .filter(([name]) => !left.has(name))
      .map(([name]): Operation => ({ op: "remove", path: `/${name}` })),
    ...fields(wanted).map(([name, value]): Operation => ({ op: "add", path: `/${name}`, value })),
  ]
}
