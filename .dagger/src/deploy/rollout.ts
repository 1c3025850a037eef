import { setTimeout as sleep } from "node:timers/promises"

import type { AvailabilityGuard } from "../monitor/availability-guard.js"
import { proveHandshake } from "../monitor/handshake.js"
import type { Report } from "../report/report.js"
import { assertStarted } from "../status/startup.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { bringUpDependencies } from "./dependencies.js"
import { migrate } from "./migrate.js"
import { awaitMadeSecrets } from "./operator-secrets.js"
import type { RolloutTask } from "./task.js"
import { watchRollout, watchSets } from "./watch.js"

/** A report in which nothing has happened yet. */
export function beginReport(id: string, { kubectl, config, recorded, isRollback }: RolloutTask): Report {
  const now = new Date().toISOString()
  return {
    schemaVersion: 1,
    id,
    kind: isRollback ? "rollback" : "deploy",
    outcome: "failed",
    startedAt: now,
    endedAt: now,
    name: config.name,
    namespace: kubectl.namespace,
    publicUrl: recorded.publicUrl,
    images: recorded.images,
    migrations: [],
    changed: false,
    starts: [],
    startLimit: config.limits.startup,
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
  task: RolloutTask,
  report: Report,
  guard: AvailabilityGuard,
  counted: Counted,
): Promise<void> {
  const { kubectl, config, isRollback } = task
  const { release, publicUrl } = task.recorded
  await kubectl.apply(release.config)
  if (!isRollback) await kubectl.applySecret(release.secrets)
  await awaitMadeSecrets(kubectl, release, config.monitor.secrets)
  if (counted === "before") await guard.measureBaseline()
  Object.assign(report, { baseline: guard.baseline, broken: guard.broken })
  const [alarm, ended] = [new AbortController(), new AbortController()]
  const signal = AbortSignal.any([alarm.signal, task.signal])
  // A monitor whose log cannot be read is found out at the end.
  const guarding = guard.watch(alarm, ended.signal).catch(() => undefined)
  try {
    if (!isRollback) await bringUpDependencies(task, report, signal)
    if (!isRollback) report.migrations = await migrateGuarded(task, guard, signal)
    signal.throwIfAborted()
    guard.startRollout()
    // Old pods that are broken answer until they have gone.
    const fromReady = counted !== "complete" && guard.baseline !== "broken"
    await rollOut(task, report, signal, fromReady ? () => guard.startCounting() : undefined)
    await guard.endRollout()
    // Slow or not, what ran before is better than what failed.
    if (!isRollback && config.limits.startupAction === "fail") assertStarted(report.starts, report.startLimit)
    if (task.options.handshake && !isRollback)
      report.handshake = await proveHandshake(kubectl, config, release.objects, publicUrl, signal)
    await guard.assertAvailable(signal)
  } finally {
    ended.abort()
    await guarding
  }
}

/** Run the migrations while what runs is asked: a migration that breaks it ends the deployment before any pod changes. */
async function migrateGuarded(
  task: RolloutTask,
  guard: AvailabilityGuard,
  signal: AbortSignal,
): Promise<Report["migrations"]> {
  guard.startMigrations(task.recorded.release.migrations.map(({ metadata }) => metadata.name))
  const migrations = await migrate(task, signal)
  if (migrations.some(({ outcome }) => outcome === "ran")) await guard.assertUnbroken(signal)
  return migrations
}

async function rollOut(
  task: RolloutTask,
  report: Report,
  signal: AbortSignal,
  onReady?: () => Promise<void>,
): Promise<void> {
  const {
    kubectl,
    recorded: { release },
  } = task
  report.changed = true
  const before = await takeSnapshot(kubectl)
  console.log(`apply: ${release.objects.length} objects`)
  await kubectl.apply(release.objects)
  const deployments = release.workloads.filter(({ kind }) => kind === "Deployment").map(({ name }) => name)
  const isReady = () =>
    deployments.every(name => report.pods.some(({ application, change }) => application === name && change === "ready"))
  let ended = false
  const rollout = watchRollout(kubectl, deployments, task, before, report.pods, signal).finally(() => (ended = true))
  const counting = until(() => ended || isReady()).then(() => (isReady() ? onReady?.() : undefined))
  const [rolled, counted] = await Promise.allSettled([rollout, counting])
  if (rolled.status === "rejected") throw rolled.reason
  if (counted.status === "rejected") throw counted.reason
  report.starts = rolled.value
  await watchSets(
    kubectl,
    release.workloads.filter(({ kind }) => kind !== "Deployment"),
    task,
    before,
    signal,
  )
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(200)
}
