import { setTimeout as sleep } from "node:timers/promises"

import type { Kubectl } from "../kubernetes/kubectl.js"
import type { AvailabilityGuard } from "../monitor/availability-guard.js"
import { proveHandshake } from "../monitor/handshake.js"
import type { Recorded } from "../release/history.js"
import type { Plan } from "../release/inputs.js"
import type { Report } from "../report/report.js"
import { assertStarted } from "../status/startup.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { migrate } from "./migrate.js"
import { awaitMadeSecrets } from "./operator-secrets.js"
import { watchRollout, watchSets } from "./watch.js"

/** What is to run, and how it comes onto the cluster. */
export interface Undertaking {
  kubectl: Kubectl
  plan: Plan
  recorded: Recorded
  /** It ran before: its Secrets are there and its migrations have run. */
  again: boolean
}

/** A report in which nothing has happened yet. */
export function begin(id: string, kind: Report["kind"], { kubectl, plan, recorded }: Undertaking): Report {
  const now = new Date().toISOString()
  return {
    id,
    kind,
    outcome: "failed",
    startedAt: now,
    endedAt: now,
    name: plan.config.name,
    namespace: kubectl.namespace,
    publicUrl: plan.publicUrl,
    images: recorded.images,
    migrations: [],
    changed: false,
    starts: [],
    startLimit: plan.config.limits.startup,
    pods: [],
    baseline: "new",
    broken: [],
    handshake: [],
  }
}

/** From when on every request counts: before the first change, where something runs; else with the first pods that are ready, or with the last. */
export type Counted = "before" | "ready" | "complete"

/** Apply a release, watch it roll out and prove it. All that is found out goes into the report, also of one that fails. */
export async function bringUp(
  undertaking: Undertaking,
  report: Report,
  guard: AvailabilityGuard,
  counted: Counted,
): Promise<void> {
  const { kubectl, again } = undertaking
  // What ran before has its own Secrets, not those that this deployment was given.
  const plan = again ? { ...undertaking.plan, secrets: undefined } : undertaking.plan
  const { release } = undertaking.recorded
  await kubectl.apply(release.config)
  if (!again) await kubectl.applySecret(release.secrets)
  await awaitMadeSecrets(kubectl, release, plan.config.monitor.secrets)
  if (counted === "before") await guard.measureBaseline()
  Object.assign(report, { baseline: guard.baseline, broken: guard.broken })
  const [alarm, ended] = [new AbortController(), new AbortController()]
  // A monitor whose log cannot be read is found out at the end.
  const guarding = guard.watch(alarm, ended.signal).catch(() => undefined)
  try {
    if (!again) report.migrations = await migrateGuarded(undertaking, guard, alarm.signal)
    guard.startRollout()
    // Old pods that are broken answer until they have gone.
    const fromReady = counted !== "complete" && guard.baseline !== "broken"
    await rollOut({ ...undertaking, plan }, report, alarm.signal, fromReady ? () => guard.startCounting() : undefined)
    await guard.endRollout()
    // Slow or not, what ran before is better than what failed.
    if (!again && plan.config.limits.startupAction === "fail") assertStarted(report.starts, report.startLimit)
    if (plan.handshake && !again)
      report.handshake = await proveHandshake(kubectl, plan.config, release.objects, plan.publicUrl, alarm.signal)
    await guard.assertAvailable(alarm.signal)
  } finally {
    ended.abort()
    await guarding
  }
}

/** Run the migrations while what runs is asked: a migration that breaks it ends the deployment before any pod changes. */
async function migrateGuarded(
  { kubectl, plan, recorded: { release } }: Undertaking,
  guard: AvailabilityGuard,
  signal: AbortSignal,
): Promise<Report["migrations"]> {
  guard.startMigrations(release.migrations.map(({ metadata }) => metadata.name))
  const migrations = await migrate(kubectl, release.migrations, plan, signal)
  if (migrations.some(({ outcome }) => outcome === "ran")) await guard.assertUnbroken(signal)
  return migrations
}

async function rollOut(
  { kubectl, plan, recorded: { release } }: Undertaking,
  report: Report,
  signal: AbortSignal,
  onReady?: () => Promise<void>,
): Promise<void> {
  report.changed = true
  const before = await takeSnapshot(kubectl)
  console.log(`apply: ${release.objects.length} objects`)
  await kubectl.apply(release.objects)
  const deployments = release.workloads.filter(({ kind }) => kind === "Deployment").map(({ name }) => name)
  const isReady = () =>
    deployments.every(name => report.pods.some(({ application, change }) => application === name && change === "ready"))
  let ended = false
  const rollout = watchRollout(kubectl, deployments, plan, before, report.pods, signal).finally(() => (ended = true))
  const counting = until(() => ended || isReady()).then(() => (isReady() ? onReady?.() : undefined))
  const [rolled, counted] = await Promise.allSettled([rollout, counting])
  if (rolled.status === "rejected") throw rolled.reason
  if (counted.status === "rejected") throw counted.reason
  report.starts = rolled.value
  await watchSets(
    kubectl,
    release.workloads.filter(({ kind }) => kind !== "Deployment"),
    plan,
    before,
    signal,
  )
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(200)
}
