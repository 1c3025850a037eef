import type { DeepReadonly } from "../util/readonly.js"
import type { ProvenSchema, ReleaseSummary } from "./history.js"

/** The migrations that a rollback goes across, which stay, and whether the release that it restores was seen to work on their schema. */
export interface Crossing extends Pick<ProvenSchema, "verdict" | "reason"> {
  migrations: string[]
}

/** The releases since the one of a content that brought migrations which no earlier one had, and these migrations. */
export function migratedSince(
  entries: ReleaseSummary[],
  content: string,
): { migrations: string[]; by: ReleaseSummary[] } {
  const first = entries.findIndex(entry => entry.content === content)
  const brought = entries.map((entry, index) => {
    const known = new Set(entries.slice(0, index).flatMap(jobsOf))
    return { entry, migrations: jobsOf(entry).filter(name => !known.has(name)) }
  })
  const later = brought.slice(first + 1).filter(({ migrations }) => migrations.length > 0)
  return { migrations: later.flatMap(({ migrations }) => migrations), by: later.map(({ entry }) => entry) }
}

function jobsOf({ inventory }: ReleaseSummary): string[] {
  return inventory.filter(({ kind }) => kind === "Job").map(({ name }) => name)
}

/** What the records say of a way back to this content across these migrations, of which the first release that brought one says `schema`. */
export function crossingOver(
  { migrations, by }: ReturnType<typeof migratedSince>,
  content: string,
  schema: ProvenSchema | undefined,
): Crossing | undefined {
  const [first, second] = by
  if (!first) return undefined
  const notChecked = (reason: string): Crossing => ({ migrations, verdict: "not-checked", reason })
  if (second) return notChecked("several releases have brought migrations since then")
  if (schema?.running !== content) return notChecked(`the record of ${first.id} says nothing about it`)
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
