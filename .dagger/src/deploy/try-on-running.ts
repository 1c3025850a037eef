import type { Kubectl } from "../kubernetes/kubectl.js"
import type { AccessTo } from "../registry/access.js"
import { lastSucceeded } from "../release/candidates.js"
import { listRecords, type ProvenSchema, readRecord } from "../release/history.js"
import type { ReleaseToTry } from "../schema/plan.js"
import { tryMigrations } from "../schema/prove.js"
import { reasonOf, type SchemaTrial } from "../schema/verdict.js"
import type { RolloutTask } from "./task.js"

interface Tried {
  /** For the report. */
  schemaTrial?: SchemaTrial
  /** For the record of the release. */
  proven?: ProvenSchema
}

/** Try a release's migrations on the release that runs; the cluster is only read. Throws where they break it, unless that is allowed. */
export async function tryOnRunning(
  kubectl: Kubectl,
  coming: ReleaseToTry,
  { config, options, accessTo }: Pick<RolloutTask, "config" | "options"> & { accessTo: AccessTo },
): Promise<Tried> {
  const running = lastSucceeded(await listRecords(kubectl, config.name))
  const schemaTrial = await tryMigrations(running && (await readRecord(kubectl, running.id)), coming, {
    config: { ...config, namespace: kubectl.namespace },
    accessTo,
    timeout: options.timeout,
    allowBreaking: options.allowBreakingMigration,
  })
  const [onNewSchema] = schemaTrial?.rows ?? []
  const proven = onNewSchema && {
    running: running?.content,
    verdict: onNewSchema.verdict,
    reason: reasonOf(onNewSchema),
  }
  return { schemaTrial, proven }
}
