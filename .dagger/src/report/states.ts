import type { Availability } from "../monitor/availability.js"
import { timeOf } from "../util/time.js"
import type { Report } from "./report.js"

type Recovery = NonNullable<Report["recovery"]>
type Switch = NonNullable<NonNullable<Report["timeline"]>["switches"]>[number]

export const MIGRATION_OUTCOMES: Record<Report["migrations"][number]["outcome"], string> = {
  ran: "ran",
  "had-run": "had run",
}

/** How a deployment ended, in a word. */
export function describeOutcome({ outcome, unchanged }: Report): string {
  return unchanged ? "unchanged" : outcome
}

export const UNCHANGED =
  "unchanged: the same release was deployed last, its objects are as they would be applied, and all of it runs; nothing was applied and no request was sent (to go through all of it: --force)"

export const SAME_MIGRATIONS = "Migrations: those of the release that ran; nothing was to be tried in containers"

export const ALLOWED_BREAK =
  "allowed on purpose (--allow-breaking-migration): a downtime is to be expected, until every pod is of this release"

/** What was done about a deployment that failed. */
export function describeRecovery({ action, to }: Pick<Recovery, "action" | "to">): string {
  const states: Record<Recovery["action"], string> = {
    "rolled-back": `rolled back to ${to}`,
    removed: "nothing ran before: what the deployment brought has been removed",
    kept: "there is no recorded release to go back to: what the deployment brought is still there",
    "kept-new":
      "the new pods stay: requests failed from this release's migrations until its pods served, so the previous release can no longer serve",
    left: "somebody else deploys to the namespace now: what this deployment changed has not been undone",
    withdrawn: "no user has reached the new pods, and they have been removed; what ran before was not changed",
    none: "no pod was changed",
  }
  return states[action]
}

/** frontend: to the pods of frontend-green, 0.4 s after the decision, at 2026-11-24T10:00:12.000Z */
export function describeSwitch({ service, to, decided, at }: Switch): string {
  const seconds = (timeOf(at) - timeOf(decided)) / 1000
  return `${service}: to the pods of ${to}, ${seconds.toFixed(1)} s after the decision, at ${at}`
}

/** Until when pods stay that users do not reach any more. */
export function describeKept(until: string): string {
  return `kept until ${until}: the pods that ran before; until then, rollback is one switch`
}

/** The row of a page in a table: its name, then its files that were sent and failed, now and as it was before. */
export function countsOfPage({ name, now, before }: Availability["pages"][number]): string[] {
  return [name, ...[now.sent, now.failed, before.sent, before.failed].map(String)]
}

/** Deployment web, from the Helm release shop (fields of helm) */
export function describeTakenOver({ object, owner, managers }: NonNullable<Report["takenOver"]>[number]): string {
  const fields = managers.length > 0 ? `fields of ${managers.join(", ")}` : ""
  return owner === undefined ? `${object}: ${fields}` : `${object}, from ${owner}${fields && ` (${fields})`}`
}
