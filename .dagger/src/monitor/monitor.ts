import { dag } from "@dagger.io/dagger"
import { z } from "zod"

import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Release } from "../manifests/render.js"
import { addressesOf } from "../manifests/services.js"
import type { Plan } from "../release/inputs.js"
import { describePod } from "../status/describe.js"
import { doomOfJob, podsOfJob } from "../status/job.js"
import { observe } from "../status/observe.js"
import { CloudNativeError } from "../util/errors.js"
import { readShape } from "../util/json.js"
import { waitUntil } from "../util/poll.js"
import type { Observation, Sample } from "./availability.js"
import { extendK6, K6_NEEDS, removeK6, startK6 } from "./k6-job.js"

/** Seconds that it could go on for at the most: beyond the time-outs of a deployment, and of the way back. */
const MARGIN = 600
/** Seconds for which it goes on without a sign of life of this module, and between two of these. */
const DEADLINE = 120
const SIGN_OF_LIFE = 30
/** Seconds of the log that are read twice, so that nothing is missed between two readings. */
const OVERLAP = 5

/** What the monitor needs to know of a release. */
export type Deployed = Pick<Release, "objects" | "secretName">

/** Requests as users send them, from inside the cluster, for as long as a deployment takes. */
export class Monitor {
  private readonly startedAt = Date.now()
  private readonly samples = new Map<string, Sample>()
  private readonly signs: NodeJS.Timeout
  private readAt?: number
  private stopped = false
  /** It has ended by itself: what it has written down by then is all there will be. */
  lost = false

  private constructor(
    private readonly kubectl: Kubectl,
    private readonly plan: Plan,
    private readonly name: string,
  ) {
    this.signs = setInterval(() => void this.extend().catch(() => undefined), SIGN_OF_LIFE * 1000).unref()
  }

  /** Start it, and wait until it sends. `release`: its Services, and its Secret with the credentials of the sign-in. */
  static async start(kubectl: Kubectl, plan: Plan, release: Deployed): Promise<Monitor> {
    const { monitor, images } = plan.config
    const addresses = addressesOf(release.objects, plan.config)
    const addressed = <Request extends { to: "backend" | "frontend"; path: string }>(request: Request) => ({
      ...request,
      url: addresses[request.to] + request.path,
    })
    const scripts = dag.currentModule().source().directory("k6")
    const name = `cloud-native-monitor-${crypto.randomUUID().slice(0, 8)}`
    // The migrations, the rollout, and the way back.
    const seconds = 3 * plan.timeout + MARGIN
    const scenario = {
      rate: monitor.rate,
      seconds,
      values: { PUBLIC_URL: plan.publicUrl },
      secrets: monitor.secrets,
      signIn: monitor.signIn.map(addressed),
      requests: requestsOf(plan).map(addressed),
    }
    const files = {
      "monitor.js": await scripts.file("monitor.js").contents(),
      "requests.js": await scripts.file("requests.js").contents(),
      "scenario.json": JSON.stringify(scenario),
    }
    const secret = { name: release.secretName, keys: monitor.secrets }
    const started = new Monitor(kubectl, plan, name)
    try {
      await startK6(kubectl, {
        name,
        partOf: plan.config.name,
        image: images.k6,
        files,
        script: "monitor.js",
        deadline: DEADLINE,
        secret,
      })
      await waitUntil("the monitor's first requests", plan.timeout, async () =>
        (await started.isSending()) ? true : undefined,
      )
    } catch (error) {
      await started.stop()
      throw error
    }
    console.log(`monitor: ${2 * monitor.rate} requests a second, half of them on new connections`)
    return started
  }

  /** All that it has written down so far. Of its log, only what is new is read. */
  async observe(): Promise<Observation> {
    if (!this.stopped && !this.lost) await this.read()
    return {
      rate: this.plan.config.monitor.rate,
      names: requestsOf(this.plan).map(({ name }) => name),
      samples: [...this.samples.values()],
    }
  }

  /** What it has written down remains. */
  async stop(): Promise<void> {
    this.stopped = true
    clearInterval(this.signs)
    await removeK6(this.kubectl, this.name)
  }

  /** The error of one that writes nothing any more, with how its pod stands. */
  async lose(cause?: unknown): Promise<CloudNativeError> {
    this.lost = true
    const pods = podsOfJob(await observe(this.kubectl), this.name)
    const state = pods.length > 0 ? pods.flatMap(describePod) : ["its pod is gone"]
    return new CloudNativeError({
      code: "MONITOR_FAILED",
      blame: "environment",
      what: "the monitor that sends the users' requests has stopped, so that nothing is proven any more",
      why: [cause instanceof CloudNativeError ? cause.why : "", ...state].filter(Boolean).join("\n"),
      fix: `see what ended its pod (its memory, its node) and deploy again; to look further: kubectl --namespace=${this.kubectl.namespace} get events`,
      cause,
    })
  }

  private async read(): Promise<void> {
    const now = Date.now()
    // Relative, since the clocks of the node and of this machine may differ.
    const since = this.readAt === undefined ? [] : [`--since=${Math.ceil((now - this.readAt) / 1000) + OVERLAP}s`]
    const log = await this.kubectl.must(["logs", `job/${this.name}`, ...since])
    this.readAt = now
    for (const sample of readSamples(log)) this.samples.set(`${sample.connection} ${sample.number}`, sample)
  }

  private async extend(): Promise<void> {
    await extendK6(this.kubectl, this.name, Math.ceil((Date.now() - this.startedAt) / 1000) + DEADLINE)
  }

  private async isSending(): Promise<boolean> {
    const { exitCode, stdout } = await this.kubectl.run(["logs", `job/${this.name}`, "--tail=1"])
    if (exitCode === 0 && readSamples(stdout).length > 0) return true
    const doom = doomOfJob(await observe(this.kubectl), this.name, await this.kubectl.now())
    if (doom) throw cannotStart(doom.message)
    return false
  }
}

const Line = z.union([
  z.tuple([z.enum(["new", "kept"]), z.number(), z.number(), z.number()]),
  z.tuple([z.enum(["new", "kept"]), z.number(), z.number(), z.number(), z.string()]),
])

/** One a line: connection, number, moment, milliseconds, and what was wrong, where anything was. k6 writes lines of its own among them. */
export function readSamples(log: string): Sample[] {
  return log
    .split("\n")
    .filter(line => line.startsWith('["'))
    .map(line => readShape(Line, JSON.parse(line), "a line of the monitor"))
    .map(([connection, number, at, milliseconds, problem]) => ({
      connection,
      number,
      at,
      milliseconds,
      ...(problem && { problem }),
    }))
}

function requestsOf({ config }: Plan): Plan["config"]["monitor"]["requests"] {
  return config.monitor.requests
}

function cannotStart(why: string): CloudNativeError {
  return new CloudNativeError({
    code: "MONITOR_FAILED",
    blame: "environment",
    what: "the monitor that sends the users' requests cannot start",
    why,
    fix: K6_NEEDS,
  })
}
