import type { Config } from "../config/schema.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import { begunAt, type Reached, readRecord, type Recorded, type ReleaseSummary } from "../release/history.js"
import { deploymentIn, readRollout } from "../status/deployment.js"
import { jobOf } from "../status/job.js"
import { PATIENT } from "../status/pod.js"
import { readSet, type SETS, type SetState } from "../status/pod-sets.js"
import { readSetState } from "../status/read-set.js"
import type { Snapshot } from "../status/snapshot.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { unfinishedJobs } from "../status/unfinished.js"
import { hasImagesOf } from "../status/workload.js"
import type { ErrorCode } from "../util/errors.js"
import { type Report, SCHEMA_VERSION } from "./report.js"

const KILLED: ErrorCode = "KILLED"

const STEPS: Record<Reached["step"], string> = {
  configure: "before its migrations",
  migrate: "during its migrations",
  rollout: "during its rollout",
  switch: "while its Services were switched",
  verify: "while the rollout was verified",
  rollback: "while it was undone",
}

/** A deployment that was killed, and how the namespace stands now. */
export interface Killed {
  entry: Pick<ReleaseSummary, "id" | "reached">
  recorded: Recorded
  /** Its last sign of life, in ISO 8601; unset where its Lease is gone. */
  lastSign?: string
  /** Deployments that began later. */
  later: string[]
  snapshot: Snapshot
  /** The StatefulSets and DaemonSets of the release, by kind and name. */
  sets: Map<string, SetState | undefined>
  /** In milliseconds since 1970. */
  now: number
}

/** The report of a deployment that was killed, which could write none itself. */
export async function reportKilled(
  kubectl: Kubectl,
  config: Config,
  entry: ReleaseSummary,
  lastSign: string | undefined,
  later: string[],
): Promise<Report> {
  const recorded = await readRecord(kubectl, entry.id)
  const sets = recorded.release.workloads.filter(({ kind }) => kind !== "Deployment")
  const states = await Promise.all(
    sets.map(
      async ({ kind, name }) =>
        [`${kind} ${name}`, await readSetState(kubectl, kind as keyof typeof SETS, name)] as const,
    ),
  )
  return killedReport(
    {
      entry,
      recorded,
      lastSign,
      later,
      snapshot: await takeSnapshot(kubectl),
      sets: new Map(states),
      now: await kubectl.now(),
    },
    { name: config.name, namespace: kubectl.namespace, startLimit: config.limits.startup },
  )
}

export function killedReport(
  killed: Killed,
  { name, namespace, startLimit }: Pick<Report, "name" | "namespace" | "startLimit">,
): Report {
  const { entry, recorded, lastSign } = killed
  const { id, reached } = entry
  const endedAt = lastSign ?? reached?.at ?? begunAt(id)
  const kind = reached?.kind ?? "deploy"
  return {
    schemaVersion: SCHEMA_VERSION,
    id,
    kind,
    outcome: "failed",
    startedAt: begunAt(id),
    endedAt: new Date(endedAt).toISOString(),
    name,
    namespace,
    publicUrl: recorded.publicUrl,
    images: recorded.images,
    migrations: [],
    changed: reached !== undefined && reached.step !== "configure" && reached.step !== "migrate",
    failure: {
      code: KILLED,
      kind: reached?.step,
      what: `the ${kind === "deploy" ? "deployment" : "rollback"} was killed ${reached ? STEPS[reached.step] : "half-way"}; its last sign of life is of ${endedAt}`,
      why: stateLeft(killed).join("\n"),
      fix: "deploy again, which takes over and cleans up, or go back with the function rollback",
    },
    starts: [],
    startLimit,
    pods: [],
    baseline: "new",
    broken: [],
    handshake: [],
  }
}

/** How what the deployment is made of stands now, a line each. */
function stateLeft({ recorded: { release }, later, snapshot, sets, now }: Killed): string[] {
  const migrations = release.migrations.map(
    ({ metadata: { name } }) => `migration ${name}: ${migrationState(name, snapshot)}`,
  )
  const workloads = release.workloads.map(({ kind, name }) => {
    const state = sets.get(`${kind} ${name}`)
    const isDeployment = kind === "Deployment"
    const live = isDeployment ? deploymentIn(snapshot, name) : state?.live
    const { line } = isDeployment ? readRollout(snapshot, name, now, PATIENT) : readSet(state)
    const manifest = release.objects.find(object => object.kind === kind && object.metadata.name === name)
    const { template } = (manifest?.spec ?? {}) as { template?: unknown }
    const isApplied = live && hasImagesOf(template, live.spec.template)
    return `${kind} ${name}: ${live ? `${isApplied ? "its images are of this deployment" : "its images are not of this deployment"}; ${line}` : "does not exist"}`
  })
  return [
    ...(later.length > 0 ? [`deployments that began later have changed the namespace since: ${later.join(", ")}`] : []),
    ...migrations,
    ...workloads,
  ]
}

function migrationState(name: string, snapshot: Snapshot): string {
  if (unfinishedJobs(snapshot, [name]).length > 0) return "still runs"
  const ended = jobOf(snapshot, name)?.status.conditions.filter(({ status }) => status === "True") ?? []
  if (ended.some(({ type }) => type === "Complete")) return "has completed"
  return ended.some(({ type }) => type === "Failed") ? "has failed" : "its Job does not exist"
}
