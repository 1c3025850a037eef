import { setTimeout as sleep } from "node:timers/promises"

import { kubectlName } from "../kubernetes/object-ref.js"
import type { Workload } from "../manifests/render.js"
import type { AvailabilityGuard } from "../monitor/availability-guard.js"
import { allLimited, untrustedOutside } from "../monitor/failure.js"
import { proveHandshake } from "../monitor/handshake.js"
import type { Report } from "../report/report.js"
import { assertStarted, Starts } from "../status/startup.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { settleAll } from "../util/settle.js"
import { bringUpDependencies } from "./dependencies.js"
import { migrate } from "./migrate.js"
import { awaitMadeSecrets } from "./operator-secrets.js"
import { proveBeside } from "./prove.js"
import type { ReportBuilder } from "./report-builder.js"
import { rolloutFailed } from "./rollout-error.js"
import { keepSizes, startAtMinimum } from "./size.js"
import { bringUpBeside, switchBack, switchUsers } from "./switch.js"
import type { RolloutTask } from "./task.js"
import { watchRollout } from "./watch.js"

/** From when on every request counts: before the first change, where something runs; else with the first pods that are ready, or with the last. */
export type Counted = "before" | "ready" | "complete"

/** Apply a release, watch it roll out and prove it. All that is found out goes into the report, also of one that fails. */
export async function bringUp(
  task: RolloutTask,
  builder: ReportBuilder,
  guard: AvailabilityGuard,
  counted: Counted,
): Promise<void> {
  const isBack = task.isRollback && (await switchBack(task, await task.kubectl.now()))
  if (isBack) builder.setChanged(true)
  await configure(task)
  if (isBack) builder.setBaseline({ baseline: "not-checked", broken: [] })
  else await measureBaseline(task, builder, guard, counted)
  await whileGuarded(task, guard, async signal => {
    if (!task.isRollback) task.onStep("migrate")
    if (!task.isRollback) await bringUpDependencies(task, builder, signal)
    if (!task.isRollback) await migrateGuarded(task, builder, guard, signal)
    signal.throwIfAborted()
    task.onStep("rollout")
    const isSwitch = task.slots.moves.length > 0 && !isBack
    if (isSwitch) await bringUpProven(task, builder, signal)
    guard.startRollout()
    if (isSwitch) await switchGuarded(task, builder, signal)
    await rollOutGuarded(task, builder, guard, isBack ? "complete" : counted, signal)
    task.onStep("verify")
    assertStartLimit(task, builder.report)
    await checkHandshake(task, builder, signal)
    await guard.assertAvailable(signal)
    await assertAsApplied(task)
  })
}

/** Apply what the pods are to find: ConfigMaps, Secrets, and what operators make Secrets of. */
async function configure({ kubectl, config, recorded: { release }, isRollback }: RolloutTask): Promise<void> {
  await settleAll([kubectl.apply(release.config), kubectl.applySecret(isRollback ? [] : release.secrets)])
  await awaitMadeSecrets(kubectl, release, config.monitor.secrets)
}

async function measureBaseline(
  { isRollback }: RolloutTask,
  builder: ReportBuilder,
  guard: AvailabilityGuard,
  counted: Counted,
): Promise<void> {
  if (counted === "before") await guard.measureBaseline()
  builder.setBaseline(guard)
  // What is asked to go back is not kept from it.
  if (guard.untrusted && !isRollback) throw untrustedOutside(guard.untrusted)
  if (guard.limit && !isRollback) throw allLimited(guard.limit)
}

/** Run the phases while the guard watches: their signal aborts with the first request that fails, or with the Lease. */
async function whileGuarded(
  task: RolloutTask,
  guard: AvailabilityGuard,
  phases: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const [alarm, ended] = [new AbortController(), new AbortController()]
  const signal = AbortSignal.any([alarm.signal, task.signal])
  // A monitor whose log cannot be read is found out at the end.
  const guarding = guard.watch(alarm, ended.signal).catch(() => undefined)
  try {
    await phases(signal)
  } finally {
    ended.abort()
    await guarding
  }
}

/** Run the migrations while what runs is asked: a migration that breaks it ends the deployment before any pod changes. */
async function migrateGuarded(
  task: RolloutTask,
  builder: ReportBuilder,
  guard: AvailabilityGuard,
  signal: AbortSignal,
): Promise<void> {
  guard.startMigrations(task.recorded.release.migrations.map(({ metadata }) => metadata.name))
  const migrations = await migrate(task, signal, builder.addMigration)
  builder.setMigrations(migrations)
  const ran = migrations.filter(({ outcome }) => outcome === "ran").map(({ name }) => name)
  if (ran.length > 0) await guard.assertUnbroken(signal)
  guard.endMigrations(ran)
}

async function rollOutGuarded(
  task: RolloutTask,
  builder: ReportBuilder,
  guard: AvailabilityGuard,
  counted: Counted,
  signal: AbortSignal,
): Promise<void> {
  // Old pods that are broken answer until they have gone.
  const fromReady = counted !== "complete" && guard.baseline !== "broken" && tellsReady(task.recorded.release.workloads)
  await rollOut(task, builder, signal, fromReady ? () => guard.startCounting() : undefined)
  await guard.endRollout(task.slots.moves.length > 0, signal)
}

/** Whether the pods of every application are seen to become ready one by one, as those of Deployments are. */
export function tellsReady(workloads: Workload[]): boolean {
  return workloads.every(({ kind, app }) => kind === "Deployment" || app === undefined)
}

/** Bring up the pods that users are to be led to, and prove them before any user reaches them. */
async function bringUpProven(task: RolloutTask, builder: ReportBuilder, signal: AbortSignal): Promise<void> {
  await bringUpBeside(task, builder, signal)
  assertStartLimit(task, builder.report)
  await proveBeside(task, signal)
}

/** From here on, what was proven is what users reach. */
async function switchGuarded(task: RolloutTask, builder: ReportBuilder, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  task.onStep("switch")
  builder.setChanged(true)
  await switchUsers(task, await task.kubectl.now())
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
  task.moments.look(release.workloads, before, await kubectl.now())
  console.log(`apply: ${release.objects.length} objects`)
  await keepSizes(kubectl, release.objects, before)
  await task.applied.apply(kubectl, release.objects)
  await startAtMinimum(kubectl, release.objects, before)
  const deployments = release.workloads.filter(({ kind }) => kind === "Deployment")
  const isReady = () =>
    deployments.every(({ name }) =>
      builder.report.pods.some(({ application, change }) => application === name && change === "ready"),
    )
  const starts = new Starts(before)
  let ended = false
  const broken = new AbortController()
  const either = AbortSignal.any([signal, broken.signal])
  const rollout = watchRollout(
    kubectl,
    release.workloads,
    task,
    before,
    { starts, onChange: builder.addPodChange },
    either,
  ).finally(() => {
    ended = true
    builder.setStarts([...builder.report.starts, ...starts.all()])
  })
  const counting = until(() => ended || isReady()).then(() => (isReady() ? onReady?.() : undefined))
  counting.catch(error => broken.abort(error))
  await settleAll([rollout, counting])
}

/** A rollback has no limit: slow or not, what ran before is better than what failed. */
function assertStartLimit({ config, isRollback }: RolloutTask, { starts, startLimit }: Report): void {
  if (!isRollback && config.limits.startupAction === "fail") assertStarted(starts, startLimit)
}

/** What was proven is the release only if it is still what runs. */
async function assertAsApplied({ kubectl, applied, redactor }: RolloutTask): Promise<void> {
  const [changed] = await applied.changed(kubectl)
  if (!changed) return
  const { kind, name, failure } = changed
  const object = kubectlName(changed)
  throw await rolloutFailed(kubectl, redactor, {
    workload: kind === "Deployment" ? name : object,
    failure,
    state: "",
    object,
  })
}

/** A rollback proves no handshake: it would write. */
async function checkHandshake(task: RolloutTask, builder: ReportBuilder, signal: AbortSignal): Promise<void> {
  const {
    kubectl,
    config,
    recorded: { release, publicUrl },
    options,
    isRollback,
  } = task
  if (options.handshake && !isRollback)
    builder.setHandshake(await proveHandshake(kubectl, config, release.objects, publicUrl, signal))
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(200)
}
