import { setTimeout as sleep } from "node:timers/promises"

import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Plan } from "../release/inputs.js"
import {
  type Availability,
  type Baseline,
  brokenRequests,
  judgeAvailability,
  knownUntil,
  latest,
} from "./availability.js"
import { unavailable } from "./failure.js"
import { type Deployed, Monitor } from "./monitor.js"

/** Milliseconds of requests that say how the application was before. */
const BASELINE = 3_000
/** Milliseconds of requests after the last old pod has gone. */
const SETTLE = 10_000
/** Milliseconds beyond these without which a monitor has stopped: an answer is waited for 5 s. */
const SILENCE = 20_000
/** Milliseconds between two looks at whether a request has failed. */
const LOOK = 3_000
/** Milliseconds that an outage is given to show its kind, before it ends the deployment. */
const LINGER = 2_000

/** The monitor over the course of one release: against what ran before, where that was whole, else from when it is to answer. */
export class Proof {
  baseline: Baseline = "new"
  /** The requests that failed before. */
  broken: string[] = []
  private monitor?: Monitor
  /** By the monitor's clock, from when requests count; unset: none do yet. */
  private from?: number

  constructor(
    private readonly kubectl: Kubectl,
    private readonly plan: Plan,
    private readonly release: Deployed,
  ) {}

  /** See how what runs now answers, before anything changes; where all is well, every request counts from here on. */
  async look(): Promise<void> {
    const monitor = (this.monitor = await this.start())
    await this.elapse(BASELINE)
    this.broken = brokenRequests(await monitor.observe())
    if (this.broken.length === 0) {
      Object.assign(this, { baseline: "healthy", from: 0 })
      return
    }
    console.log(`monitor: broken before this deployment: ${this.broken.join(", ")}`)
    this.baseline = "broken"
    this.monitor = undefined
    await monitor.stop()
  }

  /** Count from now on, where it is not counted yet. */
  async count(): Promise<void> {
    if (this.from !== undefined) return
    this.monitor ??= await this.start()
    this.from = latest(await this.monitor.observe())
  }

  /** The proof of the release that is gone back to. A monitor that has signed in to what was whole goes on, unless it has stopped. */
  next(): Proof {
    const next = new Proof(this.kubectl, { ...this.plan, secrets: undefined }, this.release)
    if (this.baseline === "healthy" && !this.monitor?.lost) next.monitor = this.monitor
    return next
  }

  /** Abort what is under way within seconds of the first request that fails; until `ended`. */
  async guard(alarm: AbortController, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await sleep(LOOK)
      if (this.from === undefined || brokenRequests(await this.monitor!.observe(), this.from).length === 0) continue
      await sleep(LINGER)
      if (!ended.aborted) alarm.abort(await unavailable(this.kubectl, this.plan, (await this.soFar())!))
      return
    }
  }

  /** Throws unless every request is answered as it must be, until a while after the rollout. */
  async conclude(signal: AbortSignal): Promise<void> {
    await this.count()
    await this.elapse(SETTLE, signal)
    const availability = (await this.soFar())!
    if (availability.percent < 100) throw await unavailable(this.kubectl, this.plan, availability)
  }

  /** What became of the requests that count, up to now; undefined where none do yet. */
  async soFar(): Promise<Availability | undefined> {
    return this.from === undefined ? undefined : judgeAvailability(await this.monitor!.observe(), this.from)
  }

  /** Every way out leads here: the monitor's load ends with the deployment. */
  async stop(): Promise<void> {
    await this.monitor?.stop()
  }

  /** Wait until of so many milliseconds, in which each request has its turn, it is known what became of all that was sent. */
  private async elapse(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const { rate, requests } = this.plan.config.monitor
    const span = Math.max(milliseconds, (1000 * requests.length) / rate)
    const monitor = this.monitor!
    const observe = () => monitor.observe().catch(async error => Promise.reject(await monitor.lose(error)))
    const end = latest(await observe()) + span
    const deadline = Date.now() + span + SILENCE
    // An alarm ends the sleep, too.
    await sleep(span, undefined, { signal }).catch(() => undefined)
    for (;;) {
      signal?.throwIfAborted()
      if (knownUntil(await observe()) >= end) return
      if (Date.now() > deadline) throw await monitor.lose()
      await sleep(1000)
    }
  }

  private start(): Promise<Monitor> {
    return Monitor.start(this.kubectl, this.plan, this.release)
  }
}
