import type { Config } from "../config/schema.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Recorded, Step } from "../release/history.js"
import type { SlotPlan } from "../release/slots.js"
import type { Report } from "../report/report.js"
import type { Redactor } from "../util/redact.js"
import type { AppliedWorkloads } from "./applied.js"
import type { Moments } from "./moments.js"

/** How a deployment proceeds, whatever it deploys. */
export interface RolloutOptions {
  /** Whether to prove the config's handshake, which writes. */
  handshake: boolean
  /** Whether to go through every phase even if nothing changes. */
  force: boolean
  /** Whether to take over objects of others, and to remove the fields that others have set and the manifests do not have. */
  takeOver: boolean
  /** Whether a first deployment that fails stays as it is, to be looked at. */
  keepFailed: boolean
  /** Whether migrations that break the running release in containers, or fail there, are accepted. */
  allowBreakingMigration: boolean
  /** Seconds for the migrations, and again for the rollout. */
  timeout: number
}

/** A release to roll out on a cluster. */
export interface RolloutTask {
  kubectl: Kubectl
  config: Config
  recorded: Recorded
  options: RolloutOptions
  redactor: Redactor
  /** Its workloads, once they have been applied. */
  applied: AppliedWorkloads
  /** The applications whose users it leads to other pods at once; none with rolling updates. */
  slots: SlotPlan
  /** What is reached when, by it and by its rollback. */
  moments: Moments
  /** It ran before: its Secrets are there and its migrations have run. */
  isRollback: boolean
  /** What is known of its migrations before the cluster is touched. */
  schema?: Pick<Report, "schemaTrial" | "crossed">
  /** Told each step that begins. */
  onStep: (step: Step) => void
  /** Aborts once somebody else holds the Lease. */
  signal: AbortSignal
}
