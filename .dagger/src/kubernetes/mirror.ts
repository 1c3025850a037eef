import { setTimeout as sleep } from "node:timers/promises"

import type { Api, Collection, RawObject } from "./api.js"

/** Milliseconds before a stream that has ended is followed anew: the first time, and at most, since it may never be allowed. */
const PAUSE = 500
const LONGEST_PAUSE = 30_000
/** Milliseconds for which streams may be silent before it is asked whether the API server still answers. */
const SILENCE = 1000

/** A copy of some collections of a namespace that events keep current: a list, then a watch, and both again after a break. */
export class Mirror<Of extends Collection, T> {
  private readonly copies = new Map<Of, Map<string, T>>()
  private readonly closing = new AbortController()
  private heard = 0
  /** Whether there was an event that nobody has waited for yet. */
  private news = false
  private wake = (): void => undefined

  /** `read`: what is kept of an object. */
  constructor(
    private readonly api: Api,
    private readonly collections: readonly Of[],
    private readonly read: (collection: Of, raw: RawObject) => T,
  ) {
    for (const collection of collections) void this.follow(collection)
  }

  /** All objects; undefined while any of them may be out of date: a stream is broken, not allowed, or silent. */
  get current(): T[] | undefined {
    const isWhole = this.copies.size === this.collections.length && Date.now() - this.heard < SILENCE
    return isWhole ? [...this.copies.values()].flatMap(copy => [...copy.values()]) : undefined
  }

  /** Wait for an event, but no longer than so many milliseconds. */
  async changed(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    if (!this.news)
      await new Promise<void>(resolve => {
        this.wake = resolve
        timer = setTimeout(resolve, milliseconds)
      })
    clearTimeout(timer)
    this.news = false
  }

  close(): void {
    this.closing.abort()
  }

  private async follow(collection: Of): Promise<void> {
    const { signal } = this.closing
    for (let pause = PAUSE; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      // A look asks the API server itself meanwhile, and is told why it does not answer.
      const isEnded = await this.copy(collection, signal).catch(() => false)
      if (isEnded) pause = PAUSE
      this.copies.delete(collection)
      await sleep(pause, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Until the stream ends by itself, as each does after some minutes. */
  private async copy(collection: Of, signal: AbortSignal): Promise<true> {
    const { items, version } = await this.api.listRaw(collection)
    const copy = new Map(items.map(raw => [raw.metadata.uid, this.read(collection, raw)]))
    const changes = this.api.watch(collection, version, signal)
    this.copies.set(collection, copy)
    this.hear()
    for await (const { type, object } of changes) {
      if (type === "DELETED") copy.delete(object.metadata.uid)
      else copy.set(object.metadata.uid, this.read(collection, object))
      this.hear()
    }
    return true
  }

  private hear(): void {
    this.heard = Date.now()
    this.news = true
    this.wake()
  }
}
