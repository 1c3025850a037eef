import { setTimeout as sleep } from "node:timers/promises"

import { CloudNativeError } from "../errors.js"
import { brokenRequests, judgeAvailability, type Availability } from "../monitor/availability.js"
import { Monitor } from "../monitor/monitor.js"
import type { Report } from "../report/report.js"
import { averageStarts } from "../report/summary.js"
import type { Kubectl } from "./kubectl.js"
import type { Plan } from "./plan.js"
import type { PodStart } from "./startup.js"
import { waitUntil } from "./wait.js"

/** Milliseconds of requests that say how the application was before. */
const BASELINE = 3_000
/** Milliseconds of requests after the last old pod has gone. */
const SETTLE = 10_000
/** Seconds within which the monitor's log has to be read. */
const READ_TIMEOUT = 60

/** The monitor over the course of one release: against what ran before, where that was whole, else from the first pods that are ready. */
export class Proof {
  private constructor(
    private readonly start: () => Promise<Monitor>,
    readonly baseline: Report["baseline"],
    readonly broken: string[],
    private monitor?: Monitor,
  ) {}

  /** Look at what runs before anything changes; `isRunning`: something does. */
  static async begin(kubectl: Kubectl, plan: Plan, secretName: string, isRunning: boolean): Promise<Proof> {
    const start = () => Monitor.start(kubectl, plan, secretName)
    if (!isRunning) return new Proof(start, "new", [])
    const monitor = await start()
    await sleep(BASELINE)
    const broken = brokenRequests(await observe(monitor))
    if (broken.length === 0) return new Proof(start, "healthy", [], monitor)
    console.log(`monitor: broken before this deployment: ${broken.join(", ")}`)
    await monitor.stop()
    return new Proof(start, "broken", broken)
  }

  /** Count from now on, where it is not counted yet. */
  async count(): Promise<void> {
    this.monitor ??= await this.start()
  }

  /** How many requests were answered as they must be, until a while after the rollout. */
  async conclude(): Promise<Availability> {
    await this.count()
    await sleep(SETTLE)
    return (await this.soFar())!
  }

  /** The same up to now; undefined where nothing is counted yet. */
  async soFar(): Promise<Availability | undefined> {
    const { monitor } = this
    return monitor && judgeAvailability(await observe(monitor))
  }

  /** Every way out leads here: the monitor's load ends with the deployment. */
  async stop(): Promise<void> {
    await this.monitor?.stop()
  }
}

function observe(monitor: Monitor) {
  return waitUntil("the monitor's log", READ_TIMEOUT, () => monitor.observe())
}

/** Throw unless every request was answered as it must be. */
export function assertAvailable({ percent, sent, failed, dropped, errors, outages }: Availability): void {
  if (percent === 100) return
  const kinds = Object.entries(errors).map(([kind, count]) => `${count} × ${kind}`)
  const intervals = outages.map(({ from, to, seconds, kinds }) => `outage of ${seconds.toFixed(1)} s, ${from} to ${to}: ${kinds.join(", ")}`)
  throw new CloudNativeError({
    code: "AVAILABILITY_FAILED",
    blame: "user",
    what: `${percent.toFixed(3)} % of the users' requests were answered as they must be, not 100 %`,
    why: [`${failed} of ${sent} failed, ${dropped} could not be sent in time`, ...kinds, ...intervals].join("\n"),
    fix: "see that old pods finish what they have begun (preStop, drain) and new ones are ready only when they can serve (readinessProbe)",
  })
}

/** Throw where the pods of an application took longer to start, on average, than they may. */
export function assertStarted(starts: PodStart[], limit: number): void {
  const slow = averageStarts(starts)
    .filter(({ seconds }) => seconds >= limit)
    .map(({ deployment, seconds }) => `${deployment}: ${seconds.toFixed(1)} s on average, limit ${limit} s`)
  if (slow.length === 0) return
  throw new CloudNativeError({
    code: "STARTUP_TOO_SLOW",
    blame: "user",
    what: "pods took too long from being scheduled to being ready",
    why: slow.join("\n"),
    fix: "look at what the application does at its start; limits.startup sets the limit, limits.startupAction: warn lets it pass",
  })
}
