// What a namespace's sightings say of a release; all moments in milliseconds since 1970. No tool's word counts here.
import { podsOf, signsOf } from "../../faults/cause.ts"

/** An object as a watch showed it at a moment. */
export interface Sighting {
  at: number
  /** ADDED, MODIFIED or DELETED. */
  type: string
  object: any
}

/** What a case changes: an object by its kind and name; a Job's name may have a hash at its end. */
export interface Target {
  kind: string
  name: string
}

/** Seconds from its container's start in which a failing probe is no cause yet: limits.startup. */
const STARTUP = 10

/** When the target was first seen with another spec than it had at a moment. */
export function specSeen(sightings: readonly Sighting[], target: Target, since: number): number | undefined {
  const ofTarget = sightings.filter(({ object, type }) => isTarget(object, target) && type !== "DELETED")
  const specs = new Map(
    ofTarget.filter(({ at }) => at < since).map(({ object }) => [object.metadata.uid, specOf(object)]),
  )
  return ofTarget.find(({ at, object }) => at >= since && specs.get(object.metadata.uid) !== specOf(object))?.at
}

function isTarget({ kind, metadata }: any, target: Target): boolean {
  return kind === target.kind && (metadata.name === target.name || metadata.name.startsWith(`${target.name}-`))
}

function specOf({ spec }: any): string {
  return JSON.stringify(spec)
}

/** The pods of the applications at a moment, each with its template and whether it is ready. */
export function podsAt(sightings: readonly Sighting[], moment: number): string {
  const objects = new Map<string, any>()
  for (const sighting of sightings) if (sighting.at <= moment) keep(objects, sighting)
  return podsOf([...objects.values()])
}

/**
 * Since when the applications' pods are those that are wanted, all of them ready, and no others: `since` where they were
 * never others; undefined where they are not.
 */
export function wholeSince(sightings: readonly Sighting[], wanted: string, since: number): number | undefined {
  const objects = new Map<string, any>()
  let whole: number | undefined = since
  for (const sighting of sightings) {
    keep(objects, sighting)
    if (sighting.at < since || sighting.object.kind !== "Pod") continue
    whole = podsOf([...objects.values()]) === wanted ? (whole ?? sighting.at) : undefined
  }
  return whole
}

function keep(objects: Map<string, any>, { type, object }: Sighting): void {
  if (object.kind !== "Pod") return
  if (type === "DELETED") objects.delete(object.metadata.uid)
  else objects.set(object.metadata.uid, object)
}

/** The cluster's own date for the first sign of a cause; where it has none, the moment at which it was seen. */
export function causeSince(sightings: readonly Sighting[], cause: RegExp, since: number): number | undefined {
  const dates = sightings
    .filter(({ at }) => at >= since)
    .flatMap(({ at, object }) =>
      signsOf(object)
        .filter(({ text }) => cause.test(text))
        .map(sign => (isProbe(sign.text) ? Math.max(sign.at ?? at, startUntil(sightings, object)) : (sign.at ?? at))),
    )
    .filter(date => date >= since)
  return dates.length > 0 ? Math.min(...dates) : undefined
}

function isProbe(text: string): boolean {
  return /\b(Readiness|Startup) probe failed/.test(text)
}

/** Until when the pod that an event is about may still be starting. */
function startUntil(sightings: readonly Sighting[], { involvedObject }: any): number {
  const starts = sightings
    .filter(({ object }) => object.kind === "Pod" && object.metadata.uid === involvedObject?.uid)
    .flatMap(({ object }) => object.status.containerStatuses ?? [])
    .map(({ state }: any) => Date.parse(state.running?.startedAt))
    .filter(Boolean)
  return starts.length > 0 ? Math.max(...starts) + STARTUP * 1000 : 0
}
