import { describeIdentity, type Identity, identityOf, intersect, subtract } from "../kubernetes/object-ref.js"
import type { KubernetesObject } from "../manifests/render.js"
import { countFiles, isFailed } from "../monitor/availability.js"
import type { AvailabilityGuard } from "../monitor/availability-guard.js"
import { describeFiles } from "../monitor/failure.js"
import { inventoryOf, readRecord, readRunning, type Recorded } from "../release/history.js"
import { prune } from "../release/prune.js"
import { type Before, planRollback } from "../release/rollback-plan.js"
import type { Report } from "../report/report.js"
import { describeRecovery } from "../report/states.js"
import { CloudNativeError, messageOf } from "../util/errors.js"
import { AppliedWorkloads } from "./applied.js"
import { ReportBuilder } from "./report-builder.js"
import { bringUp } from "./rollout.js"
import { planBack } from "./slots.js"
import { keptApart, removeFailed, switchBack, widen } from "./switch.js"
import type { RolloutTask } from "./task.js"

type Recovery = NonNullable<Report["recovery"]>

/** Undo what a failed deployment has changed. Never throws. */
export async function recover(
  failed: RolloutTask,
  builder: ReportBuilder,
  guard: AvailabilityGuard,
  before: Before,
): Promise<Recovery> {
  const {
    kubectl,
    config,
    options: { keepFailed },
    redactor,
    recorded: { release },
  } = failed
  const { changed, baseline } = builder.report
  const decided = await kubectl.now()
  // Where that cannot be told, the previous release is the better guess.
  if (changed && (await guard.isRollbackWorse().catch(() => false))) return { action: "kept-new" }
  const beside = besideOf(failed)
  const applied = inventoryOf(changed ? release : { ...release, objects: beside.objects })
  const moved = intersect(applied, await movedByOthers(failed))
  const planned = planRollback(applied, { changed, keepFailed, beside: beside.deployments }, before, moved)
  const { action, to, left } = planned
  const recovery = {
    action,
    to,
    ...(left.length > 0 && { left: left.map(describeIdentity) }),
    ...(moved.length > 0 && { changedByOthers: moved.map(describeIdentity) }),
  }
  const problem =
    to &&
    (await problemOf(() =>
      goBack(failed, { baseline, decided, to, moved }, guard.forRollback(redactor.forOtherSecrets())),
    ))
  // What could not be gone back from may need all of it.
  if (problem) return { ...recovery, problem }
  const problems = await prune(kubectl, config.name, planned.remove).catch(error => [messageOf(error)])
  if (beside.objects.length > 0) problems.push(...(await widenAgain(failed, before)))
  if (action === "removed" && problems.length > 0) return { ...recovery, problem: problems.join("\n") }
  builder.setLeftovers(problems)
  return recovery
}

/** What the release has brought up beside what serves, or was going to, with its Deployments, which are its own even if they were there; nothing before it has. */
function besideOf({ applied, slots: { moves, beside } }: RolloutTask): {
  objects: KubernetesObject[]
  deployments: Identity[]
} {
  const names = moves.flatMap(({ deployments }) => deployments)
  if (!names.some(name => applied.intends({ kind: "Deployment", name }))) return { objects: [], deployments: [] }
  return { objects: beside, deployments: names.map(name => ({ apiVersion: "apps/v1", kind: "Deployment", name })) }
}

/** Where its Services were kept from the new pods by more than their manifests have; answers with what could not be done. */
async function widenAgain(failed: RolloutTask, { entries }: Before): Promise<string[]> {
  const { kubectl, slots } = failed
  if (slots.moves.every(({ from }) => from)) return []
  const problem = await problemOf(async () => {
    const running = await readRunning(kubectl, entries)
    if (running) await widen(failed, running.release)
  })
  return problem ? [problem] : []
}

/** The workloads that somebody else has changed since they were applied; where they cannot be read, none is known of. */
async function movedByOthers({ kubectl, applied }: RolloutTask): Promise<Identity[]> {
  const changed = await applied.changed(kubectl).catch(() => [])
  return changed.map(({ kind, name }) => ({ apiVersion: "apps/v1", kind, name }))
}

/** How a release that failed is gone back from. */
interface Going {
  baseline: Report["baseline"]
  /** In milliseconds since 1970, by the cluster's clock. */
  decided: number
  to: string
  /** What somebody else has changed. */
  moved: Identity[]
}

/** By the code path that deploys; what was broken before may be as broken again. */
async function goBack(
  failed: RolloutTask,
  { baseline, decided, to: id, moved }: Going,
  guard: AvailabilityGuard,
): Promise<void> {
  const { kubectl, config } = failed
  const kept = moved.map(describeIdentity).join(", ")
  console.log(`rollback: to ${id}${kept && `, without what somebody else has changed: ${kept}`}`)
  const previous = without(await readRecord(kubectl, id), moved)
  const slots = await planBack(kubectl, config, previous.release)
  const recorded = { ...previous, release: await keptApart(kubectl, previous.release, slots) }
  const redactor = failed.redactor.forOtherSecrets()
  const task = {
    ...failed,
    recorded,
    slots,
    redactor,
    applied: new AppliedWorkloads(),
    isRollback: true,
    onStep: () => undefined,
  }
  // Until then, the release that failed may be the one that answers.
  try {
    const isBack = await switchBack(task, decided)
    if (isBack && moved.length === 0) await removeFailed(failed)
    const rest = isBack ? { ...task, slots: { moves: [], beside: [] } } : task
    await bringUp(rest, ReportBuilder.begin(id, rest), guard, "complete")
  } catch (error) {
    const wasBroken = baseline === "broken" && error instanceof CloudNativeError && error.code === "AVAILABILITY_FAILED"
    if (!wasBroken) throw error
  } finally {
    await guard.stop()
  }
}

/** A release without some of its objects. */
function without(recorded: Recorded, objects: Identity[]): Recorded {
  const { release } = recorded
  const isKept = (identity: Identity) => subtract([identity], objects).length > 0
  return {
    ...recorded,
    release: {
      ...release,
      objects: release.objects.filter(object => isKept(identityOf(object))),
      workloads: release.workloads.filter(({ kind, name }) => isKept({ apiVersion: "apps/v1", kind, name })),
    },
  }
}

async function problemOf(attempt: () => Promise<void>): Promise<string | undefined> {
  try {
    await attempt()
    return undefined
  } catch (error) {
    if (!(error instanceof CloudNativeError)) return messageOf(error)
    return [error.what, error.evidence, error.why].filter(Boolean).join("\n")
  }
}

/** The failure, with the state that the cluster is in now. */
export function withRecovery(failure: CloudNativeError, report: Report): CloudNativeError {
  const { recovery, leftovers, migrations, namespace, baseline, availability } = report
  const ran = migrations.filter(({ outcome }) => outcome === "ran").map(({ name }) => name)
  const lines = [
    failure.evidence,
    stateOf(recovery!),
    recovery!.left &&
      `what was there before, and not this module's, stays as the deployment made it: ${recovery!.left.join(", ")}`,
    recovery!.changedByOthers &&
      `somebody else changed it meanwhile, and it stays as it is: ${recovery!.changedByOthers.join(", ")}`,
    leftovers && `what could not be deleted:\n${leftovers.join("\n").replace(/^/gm, "  ")}`,
    baseline === "healthy" && availability && isFailed(availability) && seenByUsers(availability),
    ran.length > 0 && `migrations that ran, and stay: ${ran.join(", ")}`,
    `full report: the function report with --id=${report.id}, the same --kubeconfig and --namespace=${namespace}`,
  ]
  const { code, kind, blame, what, why, fix } = failure
  const evidence = lines.filter(Boolean).join("\n")
  if (!recovery!.problem) return new CloudNativeError({ code, kind, blame, what, evidence, why, fix, cause: failure })
  return new CloudNativeError({
    code: "ROLLBACK_FAILED",
    blame,
    what: `the deployment failed (${code}: ${what}), and could not be undone`,
    evidence,
    why: `${why}\nwhile going back: ${recovery!.problem.split("\n", 1)[0]}`,
    fix: `fix by hand what blocks the rollback; to see what runs now: kubectl --namespace=${namespace} get deployments,pods`,
    cause: failure,
  })
}

/** What users saw in all, the rollback included. */
function seenByUsers({ sent, failed, outages, pages }: NonNullable<Report["availability"]>): string {
  const longest = Math.max(...outages.map(({ seconds }) => seconds))
  const seen = [
    failed > 0 && `${failed} of ${sent} requests failed, longest outage ${longest.toFixed(1)} s`,
    countFiles(pages).failed > 0 && describeFiles({ pages }),
  ]
  return `for users, until it was undone: ${seen.filter(Boolean).join("; ")}`
}

function stateOf(recovery: Recovery): string {
  const state = describeRecovery(recovery)
  return recovery.problem ? `while going back (${state}):\n${recovery.problem.replace(/^/gm, "  ")}` : state
}
