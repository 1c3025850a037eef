import { z } from "zod"

import { servingOf } from "../config/applications.js"
import { addressed } from "../config/expectations.js"
import type { Config } from "../config/schema.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import type { KubernetesObject } from "../manifests/render.js"
import { addressesOf } from "../manifests/services.js"
import { jobFailure } from "../status/job.js"
import { describeFailure } from "../status/remedies.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { CloudNativeError } from "../util/errors.js"
import { readShape } from "../util/json.js"
import { pollUntil } from "../util/poll.js"
import { K6_NEEDS, readK6, removeK6, startK6, stateOfK6 } from "./k6-job.js"
import { remedyFor, RequestFailure } from "./request-failure.js"

/** Seconds that the whole handshake may take, the pull of k6 and some waits for rate limits included. */
const TIMEOUT = 300

const Line = z.object({ step: z.string(), problem: z.string(), failure: RequestFailure.optional() })
export type StepResult = Pick<z.infer<typeof Line>, "step" | "problem">

const Job = z.object({ status: z.object({ succeeded: z.number().optional(), failed: z.number().optional() }) })

/** Send the config's requests from inside the cluster to the Services among `objects`, in order; throws at the first unexpected answer. */
export async function proveHandshake(
  kubectl: Kubectl,
  config: Config,
  objects: KubernetesObject[],
  publicUrl: string,
  signal: AbortSignal,
): Promise<StepResult[]> {
  if (config.handshake.length === 0) return []
  const name = `cloud-native-handshake-${crypto.randomUUID().slice(0, 8)}`
  const addresses = addressesOf(objects, servingOf(config))
  const scenario = {
    values: { PUBLIC_URL: publicUrl, random: crypto.randomUUID() },
    steps: config.handshake.map(step => addressed(step, addresses)),
  }
  try {
    console.log(`handshake: ${config.handshake.length} requests`)
    await startK6(kubectl, { name, config, script: "handshake.js", scenario, deadline: TIMEOUT })
    // Kubernetes ends the Job first: then there is a log to read.
    const ended = async () => {
      const job = await (await kubectl.api()).get("jobs", name, Job)
      if (job?.status.succeeded || job?.status.failed) return true
      const failure = jobFailure(await takeSnapshot(kubectl), name, await kubectl.now())
      if (failure?.kind === "SidecarRuns") return true
      if (failure) throw cannotRun(describeFailure(failure))
      return undefined
    }
    await pollUntil("the handshake's Job to end", TIMEOUT + 15, ended, {
      signal,
      state: () => stateOfK6(kubectl, name),
    })
    return readResults(
      (await readK6(kubectl, name)) ?? "",
      config.handshake.map(step => step.name),
    )
  } finally {
    await removeK6(kubectl, name)
  }
}

function cannotRun(why: string): CloudNativeError {
  return new CloudNativeError({
    code: "HANDSHAKE_FAILED",
    blame: "environment",
    what: "the pod that sends the handshake's requests cannot start",
    why,
    fix: K6_NEEDS,
  })
}

/** One line of JSON a step, among k6's own; every step must have passed. */
export function readResults(log: string, expected: string[]): StepResult[] {
  const results = log
    .split("\n")
    .filter(line => line.startsWith('{"step":'))
    .map(line => readShape(Line, JSON.parse(line), "a line of the handshake"))
  const failed = results.find(({ failure }) => failure)
  if (!failed && results.length === expected.length) return results
  throw new CloudNativeError({
    code: "HANDSHAKE_FAILED",
    kind: failed?.failure?.kind,
    blame: "user",
    what: failed
      ? `the handshake failed at: ${failed.step}`
      : `the handshake ended before: ${expected[results.length]}`,
    why: failed ? failed.problem : log.trim().split("\n").slice(-10).join("\n"),
    fix: `${failed?.failure ? remedyOf(failed.failure) : K6_NEEDS}; the step stands in handshake of cloud-native.yaml`,
  })
}

/** Of the handshake, there is no rate to lower. */
function remedyOf(failure: RequestFailure): string {
  return failure.kind === "rate-limited"
    ? "exempt the handshake's account or address from the application's rate limit, or deploy again once the limit has passed"
    : remedyFor(failure)
}
