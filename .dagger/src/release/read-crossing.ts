import type { Kubectl } from "../kubernetes/kubectl.js"
import { type Crossing, crossingOver, migratedSince } from "./crossing.js"
import { readRecord, type ReleaseSummary } from "./history.js"

/** What the records say of a rollback to a release of this content; undefined: it goes across no migration. */
export async function crossingTo(
  kubectl: Kubectl,
  entries: ReleaseSummary[],
  content: string,
): Promise<Crossing | undefined> {
  const migrated = migratedSince(entries, content)
  const [first, ...others] = migrated.by
  const record = first && others.length === 0 ? await readRecord(kubectl, first.id) : undefined
  return crossingOver(migrated, content, record?.schema)
}
