import { servingOf } from "../config/applications.js"
import { expectationsOf } from "../config/expectations.js"
import type { Config } from "../config/schema.js"
import { dryRun } from "../kubernetes/dry-run.js"
import { closing, type Kubectl, succeeded } from "../kubernetes/kubectl.js"
import { withLease } from "../kubernetes/lease.js"
import type { Identity } from "../kubernetes/object-ref.js"
import { isWorkload } from "../manifests/kinds.js"
import type { Release } from "../manifests/render.js"
import { addressesOf } from "../manifests/services.js"
import { AvailabilityGuard } from "../monitor/availability-guard.js"
import { removeLeftoverK6 } from "../monitor/k6-job.js"
import { versionsOf } from "../monitor/scenario.js"
import type { PushedImages } from "../push/publish.js"
import type { AccessTo } from "../registry/access.js"
import { previousOf } from "../release/candidates.js"
import { describeCrossing } from "../release/crossing.js"
import {
  contentOf,
  inventoryOf,
  listRecords,
  newId,
  readRecord,
  readRunning,
  type Recorded,
  recordKept,
  recordRelease,
  type ReleaseSummary,
} from "../release/history.js"
import { redactorOf, type ReleaseInputs, renderRelease } from "../release/inputs.js"
import { findPresent, type Present } from "../release/live-objects.js"
import { assertNotOwned, unownedObjects } from "../release/ownership.js"
import { crossingTo } from "../release/read-crossing.js"
import { replacedBy } from "../release/replaced.js"
import type { Before } from "../release/rollback-plan.js"
import type { Report } from "../report/report.js"
import { formatReport } from "../report/summary.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { CloudNativeError, messageOf } from "../util/errors.js"
import { Redactor } from "../util/redact.js"
import { settleAll } from "../util/settle.js"
import { describeSkew, type NextBuild, skewOf } from "../verify/image/next-build.js"
import { assertAlone } from "./alone.js"
import { AppliedWorkloads } from "./applied.js"
import { installCrds } from "./crds.js"
import { settleEarlierMigrations } from "./earlier-migrations.js"
import { conclude, finish, keepReport } from "./finalize.js"
import { keepOf, removeOnceKept } from "./keep.js"
import { Moments } from "./moments.js"
import { ReportBuilder } from "./report-builder.js"
import { recover, withRecovery } from "./rollback.js"
import { bringUp, type Counted } from "./rollout.js"
import { placeTask } from "./slots.js"
import { Steps } from "./steps.js"
import { takeOver } from "./take-over.js"
import type { RolloutOptions, RolloutTask } from "./task.js"
import { tryOnRunning } from "./try-on-running.js"
import { isUnchanged } from "./unchanged.js"

/** What is known of the images that a release has not in its manifests. */
export interface AboutImages {
  frontendBuild?: NextBuild
  /** How they are pulled, to try them with the database; unset: nothing can run there before. */
  accessTo?: AccessTo
}

/** Deploy to the user's cluster; answers with the deployment's summary. */
export async function deployToCluster(
  kubectl: Kubectl,
  inputs: ReleaseInputs,
  options: RolloutOptions,
  images: PushedImages,
  about: AboutImages,
): Promise<string> {
  return closing(kubectl, async () => {
    const report = await deployRelease(kubectl, inputs, options, images, about)
    await removeOnceKept(kubectl, inputs.config, report)
    return formatReport(report)
  })
}

/** Bring a release onto the cluster: validate, configure, migrate, roll out, prove; what fails is undone. */
export async function deployRelease(
  kubectl: Kubectl,
  inputs: ReleaseInputs,
  options: RolloutOptions,
  images: PushedImages,
  { restartedAt, frontendBuild, accessTo }: AboutImages & { restartedAt?: string } = {},
): Promise<Report> {
  const release = renderRelease(inputs, { ...images }, kubectl.namespace, restartedAt)
  const { config, publicUrl } = inputs
  const expectations = expectationsOf(config, publicUrl, addressesOf(release.objects, servingOf(config)))
  const made = { release, images: { ...images }, publicUrl, expectations, frontendBuild }
  const { schemaTrial, proven } = accessTo ? await tryOnRunning(kubectl, made, { config, options, accessTo }) : {}
  await installCrds(kubectl, inputs.crds)
  // Fields of others may stand in the way until they have been taken over.
  if (!options.takeOver) await validate(kubectl, release)
  const redactor = redactorOf(inputs)
  logUnredactable(inputs, redactor)
  const recorded = { ...made, schema: proven }
  const applied = new AppliedWorkloads()
  const schema = schemaTrial && { schemaTrial }
  return exclusively({ kubectl, config, recorded, options, redactor, applied, schema, isRollback: false })
}

async function validate(kubectl: Kubectl, { config, migrations, objects }: Release): Promise<void> {
  succeeded(["apply"], await dryRun(kubectl, [...config, ...migrations, ...objects]))
}

function logUnredactable({ secrets }: ReleaseInputs, redactor: Redactor): void {
  const plain = Object.entries(secrets ?? {}).filter(([, value]) => redactor.redactable([value]).length === 0)
  if (plain.length > 0)
    console.log(`secrets: too short or too plain to redact in logs: ${plain.map(([key]) => key).join(", ")}`)
}

/** Restore an earlier release: the previous one, or the one named. `timeout` is in seconds. */
export function rollBack(kubectl: Kubectl, config: Config, timeout: number, to?: string): Promise<string> {
  return closing(kubectl, async () => formatReport(await rollBackTo(kubectl, config, timeout, to)))
}

async function rollBackTo(kubectl: Kubectl, config: Config, timeout: number, to?: string): Promise<Report> {
  const entries = await listRecords(kubectl, config.name)
  const id = to ?? previousOf(entries)
  const recorded = await readRecord(kubectl, id)
  const crossed = await crossingTo(kubectl, entries, contentOf(recorded))
  console.log(`rollback: to ${id}${crossed ? `, ${describeCrossing(crossed)}` : ""}`)
  const options = {
    handshake: false,
    keepFailed: false,
    force: true,
    takeOver: false,
    allowBreakingMigration: false,
    timeout,
  }
  const redactor = new Redactor([], undefined, [config.name, kubectl.namespace])
  const applied = new AppliedWorkloads()
  return exclusively({ kubectl, config, recorded, options, redactor, applied, schema: { crossed }, isRollback: true })
}

type Asked = Omit<RolloutTask, "slots">

async function exclusively(started: Omit<Asked, "signal" | "onStep" | "moments">): Promise<Report> {
  const id = newId()
  const task = { ...started, moments: new Moments() }
  return withLease(task.kubectl, task.config.name, id, signal => {
    const steps = new Steps(task.kubectl, id, task.isRollback ? "rollback" : "deploy", task.moments)
    return run(id, { ...task, signal, onStep: step => steps.enter(step) }).finally(() => steps.written())
  })
}

/** The phases of every deployment, and of every rollback that is asked for. */
async function run(id: string, asked: Asked): Promise<Report> {
  const { kubectl, config, options, moments } = asked
  const entries = await listRecords(kubectl, config.name)
  const running = await readRunning(kubectl, entries)
  const task = await placeTask(asked, running?.release)
  const { recorded } = task
  if (running) moments.include(running.release.workloads)
  const isForced = options.force || options.takeOver
  const [before, unchanged] = await settleAll([
    readBefore(task, entries),
    isForced ? Promise.resolve(false) : isUnchanged(task, entries),
  ])
  if (unchanged) return keepAsIs(id, task)
  const taken = options.takeOver ? await takeOver(kubectl, recorded.release, before.there) : []
  await removeLeftoverK6(kubectl, config.name)
  await settleEarlierMigrations(task, before.entries)
  const guard = createGuard(task, running)
  const kind = task.isRollback ? "rollback" : "deploy"
  const entry = await recordRelease(kubectl, config.name, id, recorded, before.found, kind)
  const builder = ReportBuilder.begin(id, task)
  builder.setTakenOver(taken)
  warnOfSkew(builder, running, recorded)
  try {
    await assertAlone(kubectl, config.name, entry, task.signal)
    await bringUp(task, builder, guard, countedFrom(task, before))
  } catch (error) {
    throw await undo(task, builder, guard, before, asFailure(error))
  }
  await conclude(builder, guard)
  await noteTimeline(task, builder)
  const isKept = await keep(task, builder)
  await finish(kubectl, builder, "succeeded", isKept ? [] : replacedBy(entry, before.entries))
  return builder.report
}

/** What its migrations are known to break answers again when all of it runs. */
function countedFrom({ schema, slots }: RolloutTask, { there }: Before & { there: Present[] }): Counted {
  if (schema?.schemaTrial?.allowed) return "complete"
  const isServing = slots.moves.length > 0 || there.some(({ kind }) => isWorkload(kind))
  return isServing ? "before" : "ready"
}

/** Report that nothing was to be done. */
async function keepAsIs(id: string, task: RolloutTask): Promise<Report> {
  console.log("deploy: unchanged: the release is there already, and all of it runs")
  const builder = ReportBuilder.begin(id, task)
  builder.setUnchanged(task.recorded.release.migrations.map(({ metadata }) => metadata.name))
  builder.end("succeeded")
  await keepReport(task.kubectl, builder.report)
  return builder.report
}

/** Let what users were led away from stay for a while; whether anything does. Who goes back is through with it. */
async function keep({ kubectl, config, slots, isRollback }: RolloutTask, builder: ReportBuilder): Promise<boolean> {
  const seconds = isRollback ? 0 : keepOf(config, slots.moves)
  if (seconds === 0) return false
  const until = new Date(Date.now() + seconds * 1000).toISOString()
  builder.setKept(until)
  await recordKept(kubectl, builder.report.id, until)
  return true
}

async function readBefore(
  { kubectl, config, recorded, options }: RolloutTask,
  entries: ReleaseSummary[],
): Promise<Before & { there: Present[] }> {
  const there = await present(kubectl, config.name, inventoryOf(recorded.release))
  if (!options.takeOver) assertNotOwned(there, kubectl.namespace)
  return { entries, there, found: unownedObjects(there, entries) }
}

/** Say what pages that are open will run into, before the first pod changes. */
function warnOfSkew(builder: ReportBuilder, running: Recorded | undefined, { frontendBuild }: Recorded): void {
  if (!running?.frontendBuild || !frontendBuild) return
  const skew = skewOf(running.frontendBuild, frontendBuild)
  for (const each of skew) console.log(`deploy: warning: ${describeSkew(each)}`)
  builder.setSkew(skew)
}

function createGuard(task: RolloutTask, running: Recorded | undefined): AvailabilityGuard {
  const { kubectl, config, options, redactor, recorded } = task
  const { release, publicUrl } = recorded
  const expectations =
    recorded.expectations ?? expectationsOf(config, publicUrl, addressesOf(release.objects, servingOf(config)))
  return new AvailabilityGuard(kubectl, {
    config,
    timeout: options.timeout,
    redactor,
    secretName: release.secretName,
    versions: versionsOf({ expectations, publicUrl }, running, config.monitor.outside),
  })
}

/** Undo what a failed deployment changed, and keep its report; answers with the error that tells both. */
async function undo(
  task: RolloutTask,
  builder: ReportBuilder,
  guard: AvailabilityGuard,
  before: Before,
  failure: CloudNativeError,
): Promise<CloudNativeError> {
  console.log(`deploy: failed: ${failure.code}: ${failure.what}`)
  builder.setFailure(failure)
  task.onStep("rollback")
  // Where users were served before, what they see of the rollback counts too.
  const seesItThrough = guard.baseline === "healthy"
  if (!seesItThrough) await conclude(builder, guard)
  // What somebody else deploys meanwhile is not to be fought over.
  builder.setRecovery(task.signal.aborted ? { action: "left" } : await recover(task, builder, guard, before))
  if (seesItThrough) await conclude(builder, guard)
  await noteTimeline(task, builder)
  // A cluster that cannot be written to any more must not hide what happened.
  await finish(task.kubectl, builder, "failed").catch(problem =>
    console.log(`deploy: the report could not be kept: ${messageOf(problem)}`),
  )
  return withRecovery(failure, builder.report)
}

/** With a last look at the pods, unless the cluster does not answer. */
async function noteTimeline(
  { kubectl, recorded: { release }, moments }: RolloutTask,
  builder: ReportBuilder,
): Promise<void> {
  try {
    moments.look(release.workloads, await takeSnapshot(kubectl), await kubectl.now())
  } catch (error) {
    console.log(`deploy: the pods could not be looked at once more: ${messageOf(error)}`)
  }
  builder.setTimeline(moments.timeline)
}

/** The objects of a release that exist, its own or not. If they cannot be listed, nothing is changed: they may be somebody else's. */
async function present(kubectl: Kubectl, name: string, inventory: Identity[]): Promise<Present[]> {
  const { there, problems } = await findPresent(kubectl, name, inventory)
  if (problems.length === 0) return there
  throw new CloudNativeError({
    code: "KUBECTL_FAILED",
    blame: "environment",
    what: "it cannot be told which objects of the release are there already; nothing was changed",
    why: problems.join("\n"),
    fix: "fix what kubectl names above",
  })
}

/** What is not an error of this module's own is its bug; it is undone like any other failure. */
function asFailure(error: unknown): CloudNativeError {
  if (error instanceof CloudNativeError) return error
  return new CloudNativeError({
    code: "BUG",
    blame: "bug",
    what: "the deployment ended unexpectedly",
    why: messageOf(error),
    fix: "report it, with the versions of Dagger and of Kubernetes",
    cause: error,
  })
}
