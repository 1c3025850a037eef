import { availableParallelism } from "node:os"

/** Of builds, suites or verifications, each of which keeps a core busy; two, where a machine has but one, as they also wait. */
const WIDTH = Math.max(2, Math.min(4, availableParallelism()))

export type Limit = <T>(work: () => Promise<T>) => Promise<T>

/** What begins a work as soon as fewer than so many of those that it was given are under way, the first given first. */
export function limited(width = WIDTH): Limit {
  const waiting: (() => void)[] = []
  let free = width
  return async work => {
    if (free > 0) free--
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
