import { remedyFor } from "../monitor/request-failure.js"
import { CloudNativeError } from "../util/errors.js"
import { describeFinding } from "./finding.js"
import { describeRow, type Failed, type Row } from "./verdict.js"

const ALLOW = "to go on all the same, and expect a downtime: --allow-breaking-migration"
/** What lets both versions live with a schema. */
const EXPAND =
  "expand in this release: only add (a new column may be null or has a default), and keep what the running release uses; contract in a later release, when nothing uses it any more"

/** The error of a release whose migrations are not to run: what failed in containers, with what the containers wrote. */
export function refusalOf({ step, finding, evidence }: Failed, rows: Row[]): CloudNativeError {
  const isOfRunning = step.of === "running"
  return new CloudNativeError({
    code: isOfRunning ? "MIGRATION_BREAKS_RUNNING" : "MIGRATION_TRIAL_FAILED",
    kind: finding.kind === "request" ? finding.failure.kind : finding.kind,
    blame: "user",
    what: `${isOfRunning ? "the migrations break what runs" : "in containers, this release fails"}; nothing was changed`,
    evidence: [...rows.map(describeRow), ...evidence].join("\n"),
    why: describeFinding(finding),
    fix: `${remedyOf({ step, finding })}; ${ALLOW}`,
  })
}

function remedyOf({ step, finding }: Pick<Failed, "step" | "finding">): string {
  if (step.of === "running") return EXPAND
  if (finding.kind === "request") return remedyFor(finding.failure)
  return finding.kind === "migration"
    ? "correct the migration: it ran after those of the running release, on a database with a few rows"
    : "correct the release; what it needs of the cluster, and containers can have, goes into ephemeral.secrets and services of cloud-native.yaml"
}
