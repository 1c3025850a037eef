import { z } from "zod"

import type { Kubectl } from "../kubernetes/kubectl.js"
import { stagesOf } from "../manifests/hooks.js"
import type { KubernetesObject } from "../manifests/render.js"
import { describeJob } from "../status/describe.js"
import { containerOf, type RolloutFailure, type SidecarRuns } from "../status/failure.js"
import { DONE, hasCompleted, isComplete, isDone, isExhausted, jobFailure, jobOf, podsOfJob } from "../status/job.js"
import { failingLogs } from "../status/logs.js"
import { describeFailure, remedyFor } from "../status/remedies.js"
import type { Snapshot } from "../status/snapshot.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { watchUntil } from "../status/watch-until.js"
import { CloudNativeError } from "../util/errors.js"
import type { Redactor } from "../util/redact.js"
import { settleAll } from "../util/settle.js"
import type { RolloutTask } from "./task.js"

const Job = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }),
  status: z
    .object({
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .default([]),
    })
    .prefault({}),
})
type Job = z.infer<typeof Job>

/** The result of one migration of a release. */
export interface Migration {
  name: string
  /** `had-run`: it had completed for this release before. */
  outcome: "ran" | "had-run"
}

/** How the wait for a Job ended: as one of its conditions says, since only a sidecar still runs, since it is gone, or since it can never end. */
type End =
  | { type: "Complete" }
  | { type: "Done"; failure: SidecarRuns }
  | { type: "Failed"; message: string }
  | { type: "Gone" }
  | { type: "Impossible"; failure: RolloutFailure }

type Failed = Exclude<End, { type: "Complete" | "Done" }>

/**
 * Run each migration to completion, stage by stage, those of a stage side by side; one that has completed for this release is not run
 * again. Each is told to `onDone` when it has, since another one may fail: those beside that one still run to their end.
 */
export async function migrate(
  task: RolloutTask,
  signal: AbortSignal,
  onDone: (migration: Migration) => void,
): Promise<Migration[]> {
  const migrations: Migration[] = []
  const run = async (job: KubernetesObject) => {
    const migration = await runJob(task, job, signal)
    onDone(migration)
    return migration
  }
  for (const stage of stagesOf(task.recorded.release.migrations)) migrations.push(...(await settleAll(stage.map(run))))
  return migrations
}

async function runJob(
  { kubectl, options, redactor, moments }: RolloutTask,
  manifest: KubernetesObject,
  signal: AbortSignal,
): Promise<Migration> {
  const { name } = manifest.metadata
  const before = endOf(await find(kubectl, name))
  if (before?.type === "Complete") return { name, outcome: "had-run" }
  if (before?.type === "Failed")
    await kubectl.must(["delete", "job", name, "--ignore-not-found", "--wait=true", "--timeout=60s"])
  console.log(`migrate: ${name}`)
  const begun = await kubectl.now()
  const complete = moments.beginMigration(name, begun)
  await kubectl.apply([manifest])
  const look = async (snapshot: Snapshot): Promise<End | undefined> => {
    const job = jobOf(snapshot, name)
    if (!job) return { type: hasCompleted(snapshot, name, begun) ? "Complete" : "Gone" }
    const end = endOf(job)
    if (end) return end
    if (isExhausted(snapshot, job)) return { type: "Failed", message: "Job has reached the specified backoff limit" }
    const failure = jobFailure(snapshot, name, await kubectl.now())
    if (!failure) return undefined
    return isDone(job, failure) ? { type: "Done", failure } : { type: "Impossible", failure }
  }
  const ended = await watchUntil(kubectl, redactor, `the migration ${name} to complete`, options.timeout, look, {
    signal,
    state: () => stateOf(kubectl, redactor, name),
  }).catch(async error => {
    // One that breaks what runs, by a lock for example, goes on doing so until its pod is gone.
    if (signal.aborted) await kubectl.must(["delete", "job", name, "--ignore-not-found", "--wait=false"])
    throw error
  })
  if (ended.type === "Done") await endSidecar(kubectl, name, ended.failure)
  if (ended.type === "Complete" || ended.type === "Done") {
    complete(await kubectl.now())
    return { name, outcome: "ran" }
  }
  const error = await failed(kubectl, redactor, name, ended)
  // What has not run must not run later, when nobody waits for it.
  if (ended.type === "Impossible") await kubectl.must(["delete", "job", name, "--ignore-not-found", "--wait=false"])
  throw error
}

/** End what keeps a Job from completing, and note that it has done its work: deleted, it would run once more the next time. */
async function endSidecar(kubectl: Kubectl, name: string, { sidecar }: SidecarRuns): Promise<void> {
  console.log(
    `migrate: ${name}: it has succeeded, and ${sidecar}, which was injected, does not end: its Job is suspended, which ends it`,
  )
  const patch = { metadata: { annotations: { [DONE]: "true" } }, spec: { suspend: true } }
  await kubectl.must(["patch", "job", name, `--patch=${JSON.stringify(patch)}`])
}

async function find(kubectl: Kubectl, name: string): Promise<Job | undefined> {
  return (await kubectl.api()).get("jobs", name, Job)
}

/** How a Job has ended; undefined while it has not, and where there is none. */
function endOf(job: Job | undefined): End | undefined {
  if (job && isComplete(job)) return { type: "Complete" }
  const failure = job?.status.conditions.find(({ type, status }) => type === "Failed" && status === "True")
  return failure && { type: "Failed", message: failure.message ?? "it failed" }
}

async function failed(kubectl: Kubectl, redactor: Redactor, name: string, end: Failed): Promise<CloudNativeError> {
  const { message, remedy, look } = wordingOf(end, name, kubectl.namespace)
  const cause = redactor.redact(message)
  // Printed before the evidence is gathered, which takes a moment.
  console.log(`migrate: ${name}: failed: ${cause}`)
  const container = end.type === "Impossible" ? containerOf(end.failure) : undefined
  return new CloudNativeError({
    code: "MIGRATION_FAILED",
    kind: end.type === "Impossible" ? end.failure.kind : end.type,
    blame: "user",
    what: `the migration ${name} failed; no pod was changed`,
    evidence: await stateOf(kubectl, redactor, name, container),
    why: cause,
    fix: `${remedy}; to look further: kubectl --namespace=${kubectl.namespace} ${look}`,
  })
}

/** A migration as evidence: its newest pod, and what the container that failed, or runs, wrote last. */
async function stateOf(kubectl: Kubectl, redactor: Redactor, name: string, container?: string): Promise<string> {
  const snapshot = await takeSnapshot(kubectl, redactor)
  const state = describeJob(snapshot, name, await kubectl.now()).join("\n")
  const pod = podsOfJob(snapshot, name).at(-1)
  const [own] = jobOf(snapshot, name)?.spec.template.spec.containers ?? []
  const logs = pod && (await failingLogs(kubectl, pod, redactor, container ?? own?.name))
  return [redactor.redact(state), logs].filter(Boolean).join("\n")
}

function wordingOf(end: Failed, name: string, namespace: string): { message: string; remedy: string; look: string } {
  const look = `describe job/${name}`
  switch (end.type) {
    case "Failed":
      return { message: end.message, remedy: "fix the migration, and deploy again", look }
    case "Gone":
      return {
        message: "its Job was deleted before it ended",
        remedy: "find out what deletes Jobs in this namespace, and deploy again",
        look: "get events",
      }
    case "Impossible":
      return { message: describeFailure(end.failure), remedy: remedyFor(end.failure, namespace), look }
  }
}
