import { setTimeout as delay } from "node:timers/promises"

import type { Namespace } from "./namespace.ts"

/** One thing that a cluster shows, and since when (in milliseconds since 1970) as it says itself; else as it is seen. */
interface Sign {
  text: string
  at?: number
}

/** Watch a namespace for the first sign of a cause from now on; undefined where it never came. */
export function watchFor(namespace: Namespace, cause: RegExp): { stop(): Promise<number | undefined> } {
  let stopped = false
  const begun = Date.now()
  const first = (async () => {
    let earliest: number | undefined
    while (!stopped) {
      const seen = Date.now()
      const list = JSON.parse(
        await namespace.kubectl("get", "pods,replicasets,events", "--output=json").catch(() => '{"items":[]}'),
      ) as { items: object[] }
      const times = list.items
        .flatMap(signsOf)
        .filter(({ text }) => cause.test(text))
        .map(({ at }) => at ?? seen)
        .filter(at => at >= begun)
      if (times.length > 0) earliest = Math.min(earliest ?? Infinity, ...times)
      await delay(1000)
    }
    return earliest
  })()
  return { stop: () => ((stopped = true), first) }
}

/** Every condition, event and state of a container, as text. */
function signsOf(item: any): Sign[] {
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
