import { z } from "zod"

import { CloudNativeError } from "../errors.js"
import type { KubernetesObject } from "../manifests/render.js"
import type { Kubectl } from "./kubectl.js"
import { doomOfAll } from "./doom.js"
import { lastLogs } from "./logs.js"
import { observe } from "./observe.js"
import type { Plan } from "./plan.js"
import { only } from "./snapshot.js"
import { waitUntil } from "./wait.js"

const Status = z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).default([]) })
type Status = z.infer<typeof Status>

/** Run each migration to completion, side by side; one that has completed for this release is not run again. */
export async function migrate(kubectl: Kubectl, jobs: KubernetesObject[], plan: Plan): Promise<string[]> {
  return Promise.all(jobs.map(job => runJob(kubectl, job, plan)))
}

async function runJob(kubectl: Kubectl, manifest: KubernetesObject, plan: Plan): Promise<string> {
  const name = manifest.metadata.name
  const before = await find(kubectl, name)
  if (before && condition(before, "Complete")) return `${name}: had run`
  if (before && condition(before, "Failed")) await kubectl.must(["delete", "job", name, "--wait=true"])
  console.log(`migrate: ${name}`)
  await kubectl.apply([manifest])
  const ended = await waitUntil(`the migration ${name} to complete`, plan.timeout, async () => {
    const status = await find(kubectl, name)
    if (!status) return undefined
    return condition(status, "Complete") ?? condition(status, "Failed") ?? (await stuck(kubectl, name))
  })
  if (ended.type === "Complete") return `${name}: ran`
  const failure = await failed(kubectl, plan, name, ended.message ?? "it failed")
  // What has not run must not run later, when nobody waits for it.
  if (ended.type === "Stuck") await kubectl.must(["delete", "job", name, "--wait=false"])
  throw failure
}

/** Why none of a Job's pods will come up; undefined while one may. */
async function stuck(kubectl: Kubectl, name: string): Promise<{ type: string; message?: string } | undefined> {
  const snapshot = await observe(kubectl)
  const pods = only(snapshot, "Pod").filter(pod => pod.metadata.name.startsWith(`${name}-`))
  const message = doomOfAll(pods, snapshot, Date.now())
  return message ? { type: "Stuck", message } : undefined
}

/** How a Job stands; undefined if there is none. */
function find(kubectl: Kubectl, name: string): Promise<Status | undefined> {
  return kubectl.get(["job", name, "--ignore-not-found"], "jsonpath={.status}", Status)
}

function condition(status: Status, type: string) {
  return status.conditions.find(item => item.type === type && item.status === "True")
}

async function failed(kubectl: Kubectl, plan: Plan, name: string, message: string): Promise<CloudNativeError> {
  return new CloudNativeError({
    code: "MIGRATION_FAILED",
    blame: "user",
    what: `the migration ${name} failed; no pod was changed`,
    why: `${message}\n${await lastLogs(kubectl, `job/${name}`, plan)}`,
    fix: `mend the migration and deploy again; to look further: kubectl --namespace=${kubectl.namespace} describe job/${name}`,
  })
}
