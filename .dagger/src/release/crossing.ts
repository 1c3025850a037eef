import type { Kubectl } from "../kubernetes/kubectl.js"
import type { DeepReadonly } from "../util/readonly.js"
import { type ProvenSchema, readRecord, type ReleaseSummary } from "./history.js"

/** The migrations that a rollback goes across, which stay, and whether the release that it restores was seen to work on their schema. */
export interface Crossing extends Pick<ProvenSchema, "verdict" | "reason"> {
  migrations: string[]
}

/** The releases since the one of a content whose migrations neither it nor an earlier one had, and these migrations. */
export function migratedSince(
  entries: ReleaseSummary[],
  content: string,
): { migrations: string[]; by: ReleaseSummary[] } {
  const first = entries.findIndex(entry => entry.content === content)
  const known = new Set(entries.slice(0, first + 1).flatMap(jobsOf))
  const later = entries.slice(first + 1)
  const added = (entry: ReleaseSummary) => jobsOf(entry).filter(name => !known.has(name))
  return { migrations: [...new Set(later.flatMap(added))], by: later.filter(entry => added(entry).length > 0) }
}

function jobsOf({ inventory }: ReleaseSummary): string[] {
  return inventory.filter(({ kind }) => kind === "Job").map(({ name }) => name)
}

/** What the records say of a rollback to a release of this content; undefined: it goes across no migration. */
export async function crossingTo(
  kubectl: Kubectl,
  entries: ReleaseSummary[],
  content: string,
): Promise<Crossing | undefined> {
  const { migrations, by } = migratedSince(entries, content)
  const [first] = by
  if (!first) return undefined
  if (by.some(entry => entry.content !== first.content))
    return { migrations, verdict: "not-checked", reason: "several releases have brought migrations since then" }
  const { schema } = await readRecord(kubectl, first.id)
  if (schema?.running !== content)
    return { migrations, verdict: "not-checked", reason: `the record of ${first.id} says nothing about it` }
  return { migrations, verdict: schema.verdict, reason: schema.reason }
}

/** Said before anything changes. */
export function describeCrossing({ migrations, verdict, reason }: DeepReadonly<Crossing>): string {
  const proof: Record<Crossing["verdict"], string> = {
    passed: "that this release works on their schema was seen in containers, before they ran",
    failed: `in containers, this release failed on their schema: ${reason}`,
    "not-checked": `whether this release works on their schema was not checked: ${reason}`,
  }
  return `across ${migrations.join(", ")}, which stay: ${proof[verdict]}`
}
