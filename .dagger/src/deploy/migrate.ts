import { z } from "zod"

import { CloudNativeError } from "../errors.js"
import type { KubernetesObject } from "../manifests/render.js"
import type { Kubectl } from "./kubectl.js"
import { lastLogs } from "./logs.js"
import type { Plan } from "./plan.js"
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
    return status && (condition(status, "Complete") ?? condition(status, "Failed"))
  })
  if (ended.type === "Failed") throw await failed(kubectl, plan, name, ended.message ?? "it failed")
  return `${name}: ran`
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
