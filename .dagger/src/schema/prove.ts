import type { Config } from "../config/schema.js"
import { pull } from "../push/adopt.js"
import type { AccessTo } from "../registry/access.js"
import { parseReference } from "../registry/reference.js"
import type { Recorded } from "../release/history.js"
import { CloudNativeError, lastLines, messageOf } from "../util/errors.js"
import { settleAll } from "../util/settle.js"
import { within } from "../util/within.js"
import { planTrial, type ReleaseToTry, type Trial } from "./plan.js"
import { refusalOf } from "./refusal.js"
import { oldSchemaSteps, type Step, upgradeSteps } from "./steps.js"
import { commandOf, type Image, type Images, takeSteps } from "./trial.js"
import {
  breakOf,
  describeLock,
  describeRow,
  failuresOf,
  locksOf,
  mayBreak,
  noneTried,
  rowsOf,
  type SchemaTrial,
} from "./verdict.js"

export interface Means {
  config: Config
  accessTo: AccessTo
  /** Seconds for all steps on one schema. */
  timeout: number
  /** Whether migrations that break the running release, or that fail, are accepted. */
  allowBreaking: boolean
}

/**
 * Try the migrations of a release in containers, before the cluster is touched: the running release's code has to answer on the
 * schema that they make, and so has the new one. Throws where it does not, unless that is allowed; undefined: it has no migrations.
 */
export async function tryMigrations(
  running: Recorded | undefined,
  coming: ReleaseToTry,
  means: Means,
): Promise<SchemaTrial | undefined> {
  const plan = planTrial(running, coming, means.config)
  if (plan.kind === "none") return undefined
  if (plan.kind === "same") return { rows: [] }
  const tried = plan.kind === "trial" ? await attempt(plan, means) : { rows: noneTried(plan.finding) }
  for (const row of tried.rows) console.log(`migrations: ${describeRow(row)}`)
  for (const lock of tried.locks ?? []) console.log(`migrations: warning: ${describeLock(lock)}`)
  if (!means.allowBreaking || !mayBreak(tried.rows)) return tried
  console.log("migrations: warning: allowed on purpose (--allow-breaking-migration): a downtime is to be expected")
  return { ...tried, allowed: true }
}

async function attempt(trial: Trial, { config, accessTo, timeout, allowBreaking }: Means): Promise<SchemaTrial> {
  console.log("migrations: trying them in containers, with the code that runs and with the new one")
  const images = imagesBy(accessTo)
  const take = (steps: Step[]) => takeSteps(steps, trial.services, images, config, timeout)
  try {
    const [upgrade, old] = await settleAll([take(upgradeSteps(trial)), take(oldSchemaSteps(trial))])
    const rows = rowsOf(upgrade, old)
    const broken = breakOf(upgrade)
    if (broken && !allowBreaking) throw refusalOf(broken, rows)
    for (const line of new Set([upgrade, old].flatMap(failuresOf).flatMap(({ evidence }) => evidence)))
      console.log(`migrations: in containers: ${line}`)
    return { rows, locks: locksOf(upgrade) }
  } catch (error) {
    if (error instanceof CloudNativeError && error.code !== "TIMED_OUT" && error.code !== "TOOL_FAILED") throw error
    const why = error instanceof CloudNativeError ? `${error.what}: ${error.why}` : lastLines(messageOf(error), 10)
    return { rows: noneTried({ kind: "tool", why }) }
  }
}

/** Each image once. */
function imagesBy(accessTo: AccessTo): Images {
  const known = new Map<string, Promise<Image>>()
  const find = async (reference: string) => {
    const container = pull(reference, await accessTo(parseReference(reference).host))
    return { container, command: await within(() => commandOf(container), `the pull of ${reference}`) }
  }
  return reference => {
    const image = known.get(reference) ?? find(reference)
    known.set(reference, image)
    return image
  }
}
