import { CloudNativeError, messageOf } from "../errors.js"
import type { Report } from "../report/report.js"
import { begin, bringUp, type Undertaking } from "./bring-up.js"
import type { Proof } from "./prove.js"
import { remove, toPrune } from "./prune.js"
import { inventoryOf, lastSucceeded, outdated, readRecord, type Entry, type Identity } from "./record.js"

type Recovery = NonNullable<Report["recovery"]>

/** How the cluster stood before a deployment. */
interface Before {
  before: Entry[]
  /** Something of these names was there, whoever brought it. */
  isRunning: boolean
}

/**
 * Undo what a failed deployment has changed: back to the last release that succeeded, or, where it was the first one,
 * to nothing. What runs there without a record was brought by somebody else, and is not deleted. Never throws.
 */
export async function recover(failed: Undertaking, report: Report, proof: Proof, { before, isRunning }: Before): Promise<Recovery> {
  const { kubectl, plan, recorded } = failed
  const previous = lastSucceeded(before)
  const inventory = inventoryOf(recorded.release)
  const kept = before.filter(entry => !outdated(before).includes(entry))
  const leftovers = (current: Identity[]) => toPrune(current, [...before, { id: report.id, outcome: "failed", inventory }], kept)
  if (previous && report.changed) {
    const problem = await problemOf(() => goBack(failed, report, proof.next(), previous.id, leftovers))
    return { action: "rolled back", to: previous.id, problem }
  }
  if (!previous && report.changed && (plan.keepFailed || isRunning)) return { action: "kept" }
  const action = report.changed ? "removed" : "none"
  return { action, problem: await problemOf(() => remove(kubectl, leftovers(previous?.inventory ?? []), report.changed)) }
}

/** By the code path that deploys; what was broken before may be as broken again. */
async function goBack(failed: Undertaking, report: Report, proof: Proof, id: string, leftovers: (current: Identity[]) => Identity[]): Promise<void> {
  const { kubectl, plan } = failed
  console.log(`rollback: to ${id}`)
  const recorded = await readRecord(kubectl, id)
  const undertaking = { kubectl, plan: { ...plan, publicUrl: recorded.publicUrl }, recorded, again: true }
  const back = begin(id, "rollback", undertaking)
  // Until then, the release that failed may be the one that answers.
  try {
    await bringUp(undertaking, back, proof, "complete")
  } catch (error) {
    const wasBroken = report.baseline === "broken" && error instanceof CloudNativeError && error.code === "AVAILABILITY_FAILED"
    if (!wasBroken) throw error
  } finally {
    await proof.stop()
  }
  await remove(kubectl, leftovers(inventoryOf(recorded.release)), false)
}

async function problemOf(attempt: () => Promise<void>): Promise<string | undefined> {
  try {
    await attempt()
    return undefined
  } catch (error) {
    return error instanceof CloudNativeError ? `${error.what}\n${error.why}` : messageOf(error)
  }
}

/** The failure, with the state that the cluster is in now. */
export function withRecovery(failure: CloudNativeError, report: Report): CloudNativeError {
  const { recovery, migrations, namespace, baseline, availability } = report
  const ran = migrations.filter(({ outcome }) => outcome === "ran").map(({ name }) => name)
  const lines = [
    failure.why,
    stateOf(recovery!),
    baseline === "healthy" && availability && availability.failed > 0 && seenByUsers(availability),
    ran.length > 0 && `migrations that ran, and stay: ${ran.join(", ")}`,
    `full report: the function report with --id=${report.id}, the same --kubeconfig and --namespace=${namespace}`,
  ]
  const { code, blame, what, fix } = failure
  const why = lines.filter(Boolean).join("\n")
  if (!recovery!.problem) return new CloudNativeError({ code, blame, what, why, fix, cause: failure })
  return new CloudNativeError({
    code: "ROLLBACK_FAILED",
    blame,
    what: `the deployment failed (${code}: ${what}), and could not be undone`,
    why,
    fix: `mend by hand what stands in the way; what runs now: kubectl --namespace=${namespace} get deployments,pods`,
    cause: failure,
  })
}

/** What users saw in all, the way back included. */
function seenByUsers({ sent, failed, outages }: NonNullable<Report["availability"]>): string {
  const longest = Math.max(...outages.map(({ seconds }) => seconds))
  return `for users, until it was undone: ${failed} of ${sent} requests failed, longest outage ${longest.toFixed(1)} s`
}

function stateOf({ action, to, problem }: Recovery): string {
  const undone = {
    "rolled back": `rolled back to ${to}`,
    removed: "nothing ran before: what the deployment brought has been removed",
    kept: "there is no recorded release to go back to: what the deployment brought is still there",
    none: "no pod was changed",
  }[action]
  return problem ? `while going back (${undone}):\n${problem.replace(/^/gm, "  ")}` : undone
}
