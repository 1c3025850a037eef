import { z } from "zod"

import type { Kubectl } from "../kubernetes/kubectl.js"
import type { KubernetesObject } from "../manifests/render.js"
import { type Plan, redactorOf } from "../release/inputs.js"
import { doomOfJob, podsOfJob } from "../status/job.js"
import { lastLogs } from "../status/logs.js"
import { observe } from "../status/observe.js"
import { adviceFor } from "../status/remedies.js"
import { CloudNativeError } from "../util/errors.js"
import { waitUntil } from "../util/poll.js"

const Status = z.object({
  conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).default([]),
})
type Status = z.infer<typeof Status>

/** What became of one migration of a release. */
export interface Migration {
  name: string
  /** `had run`: it had completed for this release before. */
  outcome: "ran" | "had run"
}

/** How a Job's wait ended: as its condition says, or because it will not. */
interface End {
  type: string
  message?: string
}

/** Run each migration to completion, side by side; one that has completed for this release is not run again. */
export async function migrate(
  kubectl: Kubectl,
  jobs: KubernetesObject[],
  plan: Plan,
  signal: AbortSignal,
): Promise<Migration[]> {
  return Promise.all(jobs.map(job => runJob(kubectl, job, plan, signal)))
}

async function runJob(
  kubectl: Kubectl,
  manifest: KubernetesObject,
  plan: Plan,
  signal: AbortSignal,
): Promise<Migration> {
  const { name } = manifest.metadata
  const before = await find(kubectl, name)
  if (before && condition(before, "Complete")) return { name, outcome: "had run" }
  if (before && condition(before, "Failed")) await kubectl.must(["delete", "job", name, "--wait=true", "--timeout=60s"])
  console.log(`migrate: ${name}`)
  await kubectl.apply([manifest])
  const end = async () => {
    const status = await find(kubectl, name)
    if (!status) return { type: "Gone", message: "its Job was deleted before it had ended" }
    return (
      condition(status, "Complete") ??
      condition(status, "Failed") ??
      doomOfJob(await observe(kubectl), name, await kubectl.now())
    )
  }
  const ended = await waitUntil<End>(`the migration ${name} to complete`, plan.timeout, end, { signal }).catch(
    async error => {
      // One that breaks what runs, by a lock for example, goes on doing so until its pod is gone.
      if (signal.aborted) await kubectl.must(["delete", "job", name, "--wait=false"])
      throw error
    },
  )
  if (ended.type === "Complete") return { name, outcome: "ran" }
  const failure = await failed(kubectl, plan, name, ended)
  // What has not run must not run later, when nobody waits for it.
  if (ended.type === "Stuck" || ended.type === "Refused") await kubectl.must(["delete", "job", name, "--wait=false"])
  throw failure
}

/** How a Job stands; undefined if there is none. */
function find(kubectl: Kubectl, name: string): Promise<Status | undefined> {
  return kubectl.get(["job", name, "--ignore-not-found"], "jsonpath={.status}", Status)
}

function condition(status: Status, type: string): End | undefined {
  return status.conditions.find(item => item.type === type && item.status === "True")
}

async function failed(
  kubectl: Kubectl,
  plan: Plan,
  name: string,
  { type, message = "it failed" }: End,
): Promise<CloudNativeError> {
  const pod = podsOfJob(await observe(kubectl), name).at(-1)
  const logs = pod && (await lastLogs(kubectl, pod, redactorOf(plan)))
  return new CloudNativeError({
    code: "MIGRATION_FAILED",
    blame: "user",
    what: `the migration ${name} failed; no pod was changed`,
    why: [message, logs].filter(Boolean).join("\n"),
    fix: `${type === "Failed" ? "mend the migration and deploy again" : adviceFor(message, kubectl.namespace)}; to look further: kubectl --namespace=${kubectl.namespace} ${
      type === "Gone" ? "get events" : `describe job/${name}`
    }`,
  })
}
