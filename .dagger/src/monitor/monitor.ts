import type { Expectations } from "../config/expectations.js"
import type { Config } from "../config/schema.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import { describePod } from "../status/describe.js"
import type { RolloutFailure } from "../status/failure.js"
import { jobFailure, podsOfJob } from "../status/job.js"
import { describeFailure, remedyFor } from "../status/remedies.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { CloudNativeError } from "../util/errors.js"
import { pollUntil } from "../util/poll.js"
import { extendK6, K6_NEEDS, readK6, removeK6, startK6, stateOfK6 } from "./k6-job.js"
import { latest, type Observation, type PageSample, readPages, readSamples, type Sample } from "./samples.js"
import { type Scenario, scenarioOf } from "./scenario.js"

/** Seconds that it could run at most, beyond the timeouts of a deployment and of its rollback. */
const MARGIN = 600
/** Seconds for which it runs on without a sign of life of this module, and between two of these. */
const DEADLINE = 120
const SIGN_OF_LIFE = 30
/** Seconds of the log that are read twice, so that nothing is missed between two readings. */
const OVERLAP = 5

export interface MonitorOptions {
  config: Config
  /** Seconds for the migrations, for the rollout, and for the rollback. */
  timeout: number
  /** The applications' Secret, which has what the sign-in needs. */
  secretName: string
  /** What each version has to answer that runs meanwhile. */
  versions: Expectations[]
}

/** Requests as users send them, from inside the cluster, during a deployment. */
export class Monitor {
  private readonly startedAt = Date.now()
  private readonly samples = new Map<string, Sample>()
  private readonly pages = new Map<string, PageSample>()
  private readonly signs: NodeJS.Timeout
  private readAt?: number
  private stopped = false
  /** It ended by itself: there will be no more samples. */
  lost = false

  private constructor(
    private readonly kubectl: Kubectl,
    private readonly name: string,
    readonly requests: Scenario["requests"],
  ) {
    this.signs = setInterval(() => void this.extend().catch(() => undefined), SIGN_OF_LIFE * 1000).unref()
  }

  /** Start it, and wait until it sends. */
  static async start(kubectl: Kubectl, { config, timeout, secretName, versions }: MonitorOptions): Promise<Monitor> {
    const name = `cloud-native-monitor-${crypto.randomUUID().slice(0, 8)}`
    const scenario = scenarioOf(versions)
    const started = new Monitor(kubectl, name, scenario.requests)
    try {
      await startK6(kubectl, {
        name,
        config,
        script: "monitor.js",
        scenario: { ...scenario, seconds: 3 * timeout + MARGIN },
        deadline: DEADLINE,
        secret: { name: secretName, keys: scenario.secrets },
      })
      await pollUntil(
        "the monitor's first requests",
        timeout,
        async () => ((await started.isSending()) ? true : undefined),
        { state: () => stateOfK6(kubectl, name) },
      )
    } catch (error) {
      await started.stop()
      throw error
    }
    const rate = scenario.requests.reduce((sum, request) => sum + 2 * request.rate, 0)
    console.log(`monitor: ${Math.round(rate)} requests a second, half of them on new connections`)
    return started
  }

  /** All that it has written so far. Of its log, only what is new is read. */
  async observe(): Promise<Observation> {
    if (!this.stopped && !this.lost) await this.read()
    return { requests: this.requests, samples: [...this.samples.values()], pages: [...this.pages.values()] }
  }

  /** The last moment, by its clock, that it is known to have reached. */
  get reached(): number {
    return latest([...this.samples.values()])
  }

  /** What it has written so far remains. */
  async stop(): Promise<void> {
    this.stopped = true
    clearInterval(this.signs)
    await removeK6(this.kubectl, this.name)
  }

  /** The error of a monitor that writes nothing any more, with the state of its pod. */
  async lose(cause?: unknown): Promise<CloudNativeError> {
    const pods = podsOfJob(await takeSnapshot(this.kubectl), this.name)
    const state = pods.length > 0 ? pods.flatMap(describePod) : ["its pod is gone"]
    this.lost = true
    return new CloudNativeError({
      code: "MONITOR_FAILED",
      blame: "environment",
      what: "the monitor has stopped sending requests, so nothing shows how users are served",
      evidence: state.join("\n"),
      why: cause instanceof CloudNativeError ? cause.why : "its pod writes nothing any more",
      fix: `check what ended its pod (its memory, its node) and deploy again; to look further: kubectl --namespace=${this.kubectl.namespace} get events`,
      cause,
    })
  }

  /** Read what is new; a log that cannot be read while the pod runs is read once more. */
  private async read(): Promise<void> {
    try {
      await this.readOnce()
    } catch (error) {
      const [pod] = podsOfJob(await takeSnapshot(this.kubectl), this.name)
      if (pod?.status.phase !== "Running") throw await this.lose(error)
      await this.readOnce()
    }
  }

  private async readOnce(): Promise<void> {
    const begun = Date.now()
    // Relative, since the clocks of the node and of this machine may differ.
    const since = this.readAt === undefined ? undefined : Math.ceil((begun - this.readAt) / 1000) + OVERLAP
    const log = await readK6(this.kubectl, this.name, since === undefined ? {} : { sinceSeconds: `${since}` })
    if (log === undefined) throw new Error("the monitor's pod has no log")
    // Of a slow reading it is not known when the log was read: the next one begins where the last quick one did.
    if (Date.now() - begun < OVERLAP * 1000) this.readAt = begun
    for (const sample of readSamples(log))
      this.samples.set(`${sample.connection} ${sample.request} ${sample.number}`, sample)
    for (const page of readPages(log)) this.pages.set(`${page.request} ${page.number}`, page)
  }

  private async extend(): Promise<void> {
    await extendK6(this.kubectl, this.name, Math.ceil((Date.now() - this.startedAt) / 1000) + DEADLINE)
  }

  private async isSending(): Promise<boolean> {
    const log = await readK6(this.kubectl, this.name, { tailLines: "1" })
    if (log !== undefined && readSamples(log).length > 0) return true
    const failure = jobFailure(await takeSnapshot(this.kubectl), this.name, await this.kubectl.now())
    if (failure) throw cannotStart(failure, this.kubectl.namespace)
    return false
  }
}

function cannotStart(failure: RolloutFailure, namespace: string): CloudNativeError {
  return new CloudNativeError({
    code: "MONITOR_FAILED",
    blame: "environment",
    what: "the monitor that sends the users' requests cannot start",
    why: describeFailure(failure),
    fix: failure.kind === "ImagePullLimited" ? remedyFor(failure, namespace) : K6_NEEDS,
  })
}
