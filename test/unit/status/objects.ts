import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"

/** The moment that the tests judge at, in milliseconds since 1970. */
export const NOW = Date.UTC(2026, 0, 1, 0, 10)

/** The date of so many seconds before NOW. */
export function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString()
}

export function snapshotOf(...items: object[]): Snapshot {
  return Snapshot.parse({ items })
}

export function condition(type: string, status: "True" | "False", seconds: number, more: object = {}): object {
  return { type, status, lastTransitionTime: ago(seconds), ...more }
}

interface PodFields {
  metadata?: object
  spec?: object
  status?: object
}

/** A pod that was scheduled two minutes ago. */
export function pod(name: string, { metadata, spec, status }: PodFields = {}): object {
  return {
    kind: "Pod",
    metadata: { name, uid: name, creationTimestamp: ago(120), ...metadata },
    spec: { ...spec },
    status: { phase: "Running", conditions: [condition("PodScheduled", "True", 120)], ...status },
  }
}

/** An event about an object, by its uid, ten seconds ago. */
export function event(uid: string, reason: string, message: string, more: object = {}): object {
  return { kind: "Event", involvedObject: { name: uid, uid }, reason, message, lastTimestamp: ago(10), ...more }
}
