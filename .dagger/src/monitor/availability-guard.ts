import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Redactor } from "../util/redact.js"
import {
  type Availability,
  type Baseline,
  beganWithMigrations,
  blindParts,
  failedOutside,
  failedPagesSince,
  failedRequests,
  failuresSince,
  isAllLimited,
  isCuredByRollout,
  isFailed,
  judgeAvailability,
  limitedSignIn,
  type MigrationTime,
} from "./availability.js"
import { requestsFailed, tooFewRequests } from "./failure.js"
import { Monitor, type MonitorOptions } from "./monitor.js"
import { pause, readUntil } from "./reading.js"
import { describeFailure, remedyFor, remedyOutside, type RequestFailure } from "./request-failure.js"
import { arrivedAt, knownUntil, type Observation, type Phase, warmedUp } from "./samples.js"
import { turnOf } from "./scenario.js"

/** Milliseconds of requests that show how the application answered before. */
const BASELINE = 3_000
/** Milliseconds of requests after the rollout; at least one turn of each. */
const SETTLE = 3_000
/** Milliseconds between two checks for a failed request. */
const INTERVAL = 3_000
/** Milliseconds that an outage is given to show its kind, before it ends the deployment. */
const LINGER = 2_000

export interface GuardOptions extends MonitorOptions {
  redactor: Redactor
}

/**
 * The users' requests over the course of one release: compared with what ran before, where that was healthy, else from when the
 * release is to answer. Of the versions, the first one runs and the last one is coming; a rollback goes the other way.
 */
export class AvailabilityGuard {
  baseline: Baseline = "new"
  /** The requests that failed before. */
  broken: string[] = []
  /** An address outside whose certificate the monitor did not trust before. */
  untrusted?: string
  /** Where the application's rate limit refused all that the monitor sent before: how. */
  limit?: RequestFailure
  private monitor?: Monitor
  /** By the monitor's clock, from when requests count; unset: none do yet. */
  private from?: number
  private phases: Phase[]
  /** When the migrations of these names ran; unset: none has, while requests counted. */
  private migrations?: MigrationTime & { names: string[] }
  private isRolling = false
  /** By the monitor's clock, when the rollout ended. */
  private settling?: number

  constructor(
    private readonly kubectl: Kubectl,
    private readonly options: GuardOptions,
    private readonly target = options.versions.length - 1,
  ) {
    this.phases = [{ from: 0, versions: [this.origin] }]
  }

  /** See how what runs now answers, before anything changes; where it is healthy, every request counts from here on. */
  async measureBaseline(): Promise<void> {
    const monitor = (this.monitor = await this.start())
    const from = await this.warmUp()
    await this.elapse(from + this.span(BASELINE))
    const observation = await monitor.observe()
    this.broken = failedRequests(observation, this.phases, from)
    if (isAllLimited(judgeAvailability(observation, this.phases, from)))
      this.limit = limitedSignIn(observation, this.phases) ?? { kind: "rate-limited" }
    if (this.broken.length === 0) {
      Object.assign(this, { baseline: "healthy", from })
      return
    }
    console.log(`monitor: broken before this deployment: ${this.broken.join(", ")}`)
    for (const { request, failure } of failedOutside(observation, this.phases, from)) {
      const { origin } = new URL(monitor.requests[request]!.url)
      if (failure!.kind === "certificate" && failure.problem === "untrusted") this.untrusted = origin
      console.log(`monitor: ${origin}: ${describeFailure(failure!)}: ${remedyOutside(failure!)}`)
    }
    this.baseline = "broken"
    this.monitor = undefined
    await monitor.stop()
  }

  /** Count from now on, unless requests count already. */
  async startCounting(): Promise<void> {
    if (this.from !== undefined) return
    if (this.monitor) {
      await this.monitor.observe()
      this.from = this.monitor.reached
    } else {
      this.monitor = await this.start()
      this.from = await this.warmUp()
    }
  }

  /** What fails from now on, the migrations of these names may have broken. */
  startMigrations(names: string[]): void {
    if (this.monitor && names.length > 0) this.migrations = { names, migrating: this.monitor.reached }
  }

  /** These have run, and none does any more: what fails from now on is not their fault. */
  endMigrations(ran: string[]): void {
    this.migrations =
      this.migrations && ran.length > 0
        ? { ...this.migrations, names: ran, migrated: this.monitor!.reached }
        : undefined
  }

  /** Throws if what runs no longer answers after the migrations, once each request has had its turn. */
  async assertUnbroken(signal: AbortSignal): Promise<void> {
    if (this.from === undefined) return
    await this.monitor!.observe()
    await this.elapse(this.monitor!.reached + this.span(0), signal)
    if ((await this.failures()).length > 0) throw await this.failure()
  }

  /** From now on, either version may answer. */
  startRollout(): void {
    this.isRolling = true
    this.phases.push({ from: this.monitor?.reached ?? 0, versions: [this.origin, this.target] })
  }

  /** From now on, only the version that was coming answers; where old pods stay (`keepsOld`), they do on connections that were open. */
  async endRollout(keepsOld: boolean, signal: AbortSignal): Promise<void> {
    await this.monitor?.observe()
    const ended = this.monitor?.reached ?? 0
    const arrived = (observation: Observation) => arrivedAt(observation, ended, this.origin, this.target)
    this.settling = keepsOld && this.monitor ? await this.follow(arrived, signal) : ended
    const kept = keepsOld ? { kept: [this.origin, this.target] } : {}
    this.phases.push({ from: this.settling, versions: [this.target], ...kept })
  }

  /** The guard of a rollback. A monitor that has signed in to what was healthy goes on, unless it has stopped. */
  forRollback(redactor: Redactor): AvailabilityGuard {
    this.phases.push({ from: this.monitor?.reached ?? 0, versions: [this.origin, this.target] })
    const guard = new AvailabilityGuard(this.kubectl, { ...this.options, redactor }, this.origin)
    if (this.baseline === "healthy" && !this.monitor?.lost) guard.monitor = this.monitor
    return guard
  }

  /** Abort what is under way within seconds of the first request that fails; until `ended`. */
  async watch(alarm: AbortController, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await pause(INTERVAL, ended)
      // A log that cannot be read now is read at the next turn; one that never can be, at the end.
      const failures = await this.failures().catch(() => [])
      if (failures.length === 0 || this.isMigrationsFault(failures)) continue
      await pause(LINGER, ended)
      if (!ended.aborted) alarm.abort(await this.failure())
      return
    }
  }

  /** Throws unless every request is answered as expected, until each had its turn after the rollout. */
  async assertAvailable(signal: AbortSignal): Promise<void> {
    await this.startCounting()
    await this.elapse(Math.max(this.from!, this.settling ?? 0) + this.span(SETTLE), signal)
    const availability = (await this.soFar())!
    const isUnseen = availability.sent === 0 && !isAllLimited(availability)
    if (isFailed(availability) || isUnseen) throw await this.failure()
    const [blind] = blindParts(availability)
    if (blind) throw tooFewRequests(blind)
  }

  /** Whether requests failed from the release's migrations on until its pods served: what ran before is broken for good. */
  async isRollbackWorse(): Promise<boolean> {
    return this.settling !== undefined && isCuredByRollout(await this.failures(), this.migrations, this.settling)
  }

  /** How the requests that count have ended so far; undefined where none do yet. */
  async soFar(): Promise<Availability | undefined> {
    return this.from === undefined
      ? undefined
      : judgeAvailability(await this.monitor!.observe(), this.phases, this.from)
  }

  /** However a deployment ends: the monitor's load ends with it. */
  async stop(): Promise<void> {
    await this.monitor?.stop()
  }

  /** The version that runs at first. */
  private get origin(): number {
    return this.options.versions.length - 1 - this.target
  }

  /** Requests and files of pages, in the order in which they were sent. */
  private async failures(): Promise<{ at: number }[]> {
    if (this.from === undefined) return []
    const observation = await this.monitor!.observe()
    const failed = [failuresSince, failedPagesSince].flatMap<{ at: number }>(since =>
      since(observation, this.phases, this.from!),
    )
    return failed.sort((a, b) => a.at - b.at)
  }

  private async failure(): Promise<Error> {
    const availability = (await this.soFar())!
    const isMigrations = beganWithMigrations(await this.failures(), this.migrations)
    return requestsFailed(this.kubectl, this.options.redactor, {
      availability,
      requests: this.monitor!.requests,
      migrations: isMigrations ? this.migrations?.names : undefined,
    })
  }

  /** Whether the migrations broke what ran, too late to stop the rollout: the new pods may be the cure. */
  private isMigrationsFault(failures: { at: number }[]): boolean {
    return this.isRolling && beganWithMigrations(failures, this.migrations)
  }

  /** Milliseconds in which each request has its turn, at least so many. */
  private span(milliseconds: number): number {
    return Math.max(milliseconds, turnOf(this.monitor!.requests))
  }

  /** Wait until requests count, and answer with the moment. */
  private async warmUp(): Promise<number> {
    const from = await this.follow(observation => warmedUp(observation, this.phases))
    const early = failuresSince(await this.monitor!.observe(), this.phases, 0).filter(({ at }) => at < from)
    if (early.length > 0)
      console.log(`monitor: its first ${early.length} failures do not count: its network opened late`)
    const limited = limitedSignIn(await this.monitor!.observe(), this.phases)
    if (limited)
      console.log(
        `monitor: warning: ${describeFailure(limited)}; requests of who has signed in show nothing: ${remedyFor(limited)}`,
      )
    return from
  }

  /** Wait until it is known how every request ended that was sent until a moment of the monitor's clock. */
  private async elapse(until: number, signal?: AbortSignal): Promise<void> {
    await pause(until - this.monitor!.reached, signal)
    await this.follow(observation => (knownUntil(observation) >= until ? until : undefined), signal)
  }

  private async follow(
    answer: (observation: Observation) => number | undefined,
    signal?: AbortSignal,
  ): Promise<number> {
    const monitor = this.monitor!
    const found = monitor.lost ? undefined : await readUntil(() => monitor.observe(), answer, signal)
    if (found === undefined) throw await monitor.lose()
    return found
  }

  private start(): Promise<Monitor> {
    return Monitor.start(this.kubectl, this.options)
  }
}
