import { setTimeout as sleep } from "node:timers/promises"

import type { AvailabilityGuard } from "../monitor/availability-guard.js"
import { proveHandshake } from "../monitor/handshake.js"
import type { Report } from "../report/report.js"
import { assertStarted } from "../status/startup.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import type { PodChange } from "../status/timeline.js"
import { bringUpDependencies } from "./dependencies.js"
import { migrate } from "./migrate.js"
import { awaitMadeSecrets } from "./operator-secrets.js"
import type { ReportBuilder } from "./report-builder.js"
import type { RolloutTask } from "./task.js"
import { watchRollout, watchSets } from "./watch.js"

/** From when on every request counts: before the first change, where something runs; else with the first pods that are ready, or with the last. */
export type Counted = "before" | "ready" | "complete"

/** Apply a release, watch it roll out and prove it. All that is found out goes into the report, also of one that fails. */
export async function bringUp(
  task: RolloutTask,
  builder: ReportBuilder,
  guard: AvailabilityGuard,
  counted: Counted,
): Promise<void> {
  const { kubectl, config, isRollback } = task
  const { release, publicUrl } = task.recorded
  await kubectl.apply(release.config)
  if (!isRollback) await kubectl.applySecret(release.secrets)
  await awaitMadeSecrets(kubectl, release, config.monitor.secrets)
  if (counted === "before") await guard.measureBaseline()
  builder.setBaseline(guard)
  const [alarm, ended] = [new AbortController(), new AbortController()]
  const signal = AbortSignal.any([alarm.signal, task.signal])
  // A monitor whose log cannot be read is found out at the end.
  const guarding = guard.watch(alarm, ended.signal).catch(() => undefined)
  try {
    if (!isRollback) await bringUpDependencies(task, builder, signal)
    if (!isRollback) builder.setMigrations(await migrateGuarded(task, guard, signal))
    signal.throwIfAborted()
    guard.startRollout()
    // Old pods that are broken answer until they have gone.
    const fromReady = counted !== "complete" && guard.baseline !== "broken"
    await rollOut(task, builder, signal, fromReady ? () => guard.startCounting() : undefined)
    await guard.endRollout()
    // Slow or not, what ran before is better than what failed.
    if (!isRollback && config.limits.startupAction === "fail")
      assertStarted(builder.report.starts, builder.report.startLimit)
    if (task.options.handshake && !isRollback)
      builder.setHandshake(await proveHandshake(kubectl, config, release.objects, publicUrl, signal))
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
  builder: ReportBuilder,
  signal: AbortSignal,
  onReady?: () => Promise<void>,
): Promise<void> {
  const {
    kubectl,
    recorded: { release },
  } = task
  builder.setChanged(true)
  const before = await takeSnapshot(kubectl)
  console.log(`apply: ${release.objects.length} objects`)
  await kubectl.apply(release.objects)
  const deployments = release.workloads.filter(({ kind }) => kind === "Deployment").map(({ name }) => name)
  const isReady = () =>
    deployments.every(name =>
      builder.report.pods.some(({ application, change }) => application === name && change === "ready"),
    )
  const addChange = (change: PodChange) => builder.addPodChange(change)
  let ended = false
  const rollout = watchRollout(kubectl, deployments, task, before, addChange, signal).finally(() => (ended = true))
  const counting = until(() => ended || isReady()).then(() => (isReady() ? onReady?.() : undefined))
  const [rolled, counted] = await Promise.allSettled([rollout, counting])
  if (rolled.status === "rejected") throw rolled.reason
  if (counted.status === "rejected") throw counted.reason
  builder.setStarts(rolled.value)
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
