import { setTimeout as sleep } from "node:timers/promises"

import { type Api, type Collection, isForbidden, type RawObject } from "./api.js"

/** Milliseconds between two looks at copies: ages grow without an event. */
const TICK = 250
/** Milliseconds that the further events of one change are waited for. */
const BURST = 25

/** `broken`: a stream has ended, and may be followed anew; `refused`: the caller may not watch. */
export type Followed = "followed" | "broken" | "refused"

interface Copy<T> {
  /** To watch from. */
  version: string
  /** By uid. */
  objects: Map<string, T>
}

/** Copies of some collections of a namespace: as they were listed, and as events have changed them since. */
export class Copies<Of extends Collection, T> {
  private constructor(
    private readonly api: Api,
    private readonly copies: Map<Of, Copy<T>>,
    private readonly read: (collection: Of, raw: RawObject) => T,
  ) {}

  /** `read`: what is kept of an object. */
  static async list<Of extends Collection, T>(
    api: Api,
    collections: readonly Of[],
    read: (collection: Of, raw: RawObject) => T,
  ): Promise<Copies<Of, T>> {
    const listed = collections.map(async collection => {
      const { items, version } = await api.listVersioned(collection)
      const objects = new Map(items.map(raw => [raw.metadata.uid, read(collection, raw)]))
      return [collection, { version, objects }] as const
    })
    return new Copies(api, new Map(await Promise.all(listed)), read)
  }

  get objects(): T[] {
    return [...this.copies.values()].flatMap(({ objects }) => [...objects.values()])
  }

  /**
   * Follow the events for so many milliseconds, or until `isEnough` says so, which is asked after each change, and four times a second
   * in any case. Ends sooner where not all events can be followed.
   */
  async follow(milliseconds: number, isEnough: () => Promise<boolean>, signal?: AbortSignal): Promise<Followed> {
    const closing = new AbortController()
    const over = AbortSignal.any([closing.signal, AbortSignal.timeout(milliseconds), ...(signal ? [signal] : [])])
    let broken: Followed | undefined
    let wake = (): void => undefined
    const ended = (how: Followed) => {
      if (!over.aborted) broken = how
      wake()
    }
    const streams = [...this.copies].map(([collection, copy]) =>
      this.apply(collection, copy, over, () => wake()).then(
        () => ended("broken"),
        (error: unknown) => ended(isForbidden(error) ? "refused" : "broken"),
      ),
    )
    try {
      do {
        const event = new Promise<void>(resolve => (wake = resolve))
        await Promise.race([event.then(() => sleep(BURST)), sleep(TICK)])
      } while (!broken && !over.aborted && !(await isEnough()))
      return broken ?? "followed"
    } finally {
      closing.abort()
      await Promise.all(streams)
    }
  }

  private async apply(
    collection: Of,
    { version, objects }: Copy<T>,
    signal: AbortSignal,
    onEvent: () => void,
  ): Promise<void> {
    for await (const { type, object } of this.api.watch(collection, version, signal)) {
      if (type === "DELETED") objects.delete(object.metadata.uid)
      else objects.set(object.metadata.uid, this.read(collection, object))
      onEvent()
    }
  }
}
