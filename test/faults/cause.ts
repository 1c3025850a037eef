import { setTimeout as delay } from "node:timers/promises"

import type { Namespace } from "./namespace.ts"

/** One thing that a cluster shows, and since when (in milliseconds since 1970) as it says itself; else as it is seen. */
interface Sign {
  text: string
  at?: number
}

/** What was seen of a namespace, in milliseconds since 1970. */
interface Seen {
  /** The first sign of the cause; unset where it never came. */
  cause?: number
  /** Since when its applications have had the pods again, all ready, that they had at first; unset where they never had others. */
  whole?: number
}

/** Watch a namespace from now on for the first sign of a cause, and for whether its applications are as they are now. */
export function watchFor(namespace: Namespace, cause: RegExp): { stop(): Promise<Seen> } {
  let stopped = false
  const begun = Date.now()
  const watched = (async () => {
    const seen: Seen = {}
    let first: string | undefined
    let hadOthers = false
    while (!stopped) {
      const now = Date.now()
      const items = await itemsOf(namespace)
      const times = items
        .flatMap(signsOf)
        .filter(({ text }) => cause.test(text))
        .map(({ at }) => at ?? now)
        .filter(at => at >= begun)
      if (times.length > 0) seen.cause = Math.min(seen.cause ?? Infinity, ...times)
      const pods = podsOf(items)
      first ??= pods
      hadOthers ||= pods !== first
      seen.whole = hadOthers && pods === first ? (seen.whole ?? now) : undefined
      await delay(1000)
    }
    return seen
  })()
  return { stop: () => ((stopped = true), watched) }
}

async function itemsOf(namespace: Namespace): Promise<any[]> {
  const text = await namespace.kubectl("get", "pods,replicasets,events", "--output=json").catch(() => '{"items":[]}')
  return (JSON.parse(text) as { items: any[] }).items
}

/** The applications' pods, by their templates; one that is about to go is none, and one that is not ready is another. */
export function podsOf(items: any[]): string {
  return items
    .filter(({ kind, metadata }) => kind === "Pod" && templateOf(metadata) && !metadata.deletionTimestamp)
    .map(({ metadata, status }) => {
      const isReady = status.conditions?.some(({ type, status }: any) => type === "Ready" && status === "True")
      return `${templateOf(metadata)} ${isReady ? "ready" : "not ready"}`
    })
    .sort()
    .join("\n")
}

/** The hash of a Deployment's or a StatefulSet's template; the pods of Jobs have none. */
function templateOf({ labels }: any): string | undefined {
  return labels?.["pod-template-hash"] ?? labels?.["controller-revision-hash"]
}

/** Every condition, event and state of a container, as text. */
export function signsOf(item: any): Sign[] {
  if (item.kind === "Event") {
    const first = { text: `${item.reason}: ${item.message}`, at: time(item.firstTimestamp ?? item.eventTime) }
    return item.count > 1 ? [first, { text: `again: ${item.message}`, at: time(item.lastTimestamp) }] : [first]
  }
  const conditions: any[] = (item.status?.conditions ?? []).filter(
    ({ status }: any) => status === (item.kind === "Pod" ? "False" : "True"),
  )
  const containers: any[] = [...(item.status?.initContainerStatuses ?? []), ...(item.status?.containerStatuses ?? [])]
  return [
    ...conditions.map(({ reason, message, lastTransitionTime }) => ({
      text: `${reason}: ${message}`,
      at: time(lastTransitionTime),
    })),
    ...containers.flatMap(({ state, lastState, restartCount }) => [
      ...endOf(state.terminated, restartCount + 1),
      // The restart is counted when it begins: one that is being waited for is not yet.
      ...endOf(lastState?.terminated, restartCount + (state.waiting ? 1 : 0)),
      ...(state.waiting ? [{ text: `${state.waiting.reason}: ${state.waiting.message}` }] : []),
    ]),
  ]
}

function endOf(end: any, number: number): Sign[] {
  return end ? [{ text: `${end.reason}: exit code ${end.exitCode}, end ${number}`, at: time(end.finishedAt) }] : []
}

function time(text: string | null | undefined): number | undefined {
  return text ? Date.parse(text) : undefined
}
