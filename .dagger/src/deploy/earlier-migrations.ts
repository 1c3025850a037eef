import type { ReleaseSummary } from "../release/history.js"
import { jobFailure } from "../status/job.js"
import { describeFailure } from "../status/remedies.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { unfinishedJobs } from "../status/unfinished.js"
import { CloudNativeError } from "../util/errors.js"
import { pollUntil } from "../util/poll.js"
import type { RolloutTask } from "./task.js"

/** Seconds that the pods of a migration that is stopped have to end. */
const STOPPING = 90

/**
 * Wait until no migration of an earlier deployment runs any more, as those of one that was killed do; those that cannot end, or
 * do not in time, are stopped. One that this release has too is waited for when it is its turn.
 */
export async function settleEarlierMigrations(task: RolloutTask, entries: ReleaseSummary[]): Promise<void> {
  const { kubectl, options, recorded, redactor, isRollback, signal } = task
  const own = isRollback ? [] : recorded.release.migrations.map(({ metadata }) => metadata.name)
  const names = earlierMigrations(entries, own)
  if (names.length === 0) return
  let running: string[] = []
  const look = async () => {
    const snapshot = await takeSnapshot(kubectl, redactor)
    const found = unfinishedJobs(snapshot, names)
    for (const name of found.filter(name => !running.includes(name)))
      console.log(`migrate: ${name} of an earlier deployment still runs: waiting until it has ended`)
    for (const name of running.filter(name => !found.includes(name))) console.log(`migrate: ${name} has ended`)
    running = found
    const now = await kubectl.now()
    const failures = found.map(name => ({ name, failure: jobFailure(snapshot, name, now) }))
    const hopeless = failures.flatMap(({ name, failure }) => (failure ? [`${name}: ${describeFailure(failure)}`] : []))
    return { isOver: found.length === 0, hopeless }
  }
  const what = "the migrations of earlier deployments to end"
  const why = await pollUntil(
    what,
    options.timeout,
    async () => {
      const { isOver, hopeless } = await look()
      return isOver ? [] : hopeless.length === running.length ? hopeless : undefined
    },
    { signal },
  ).catch((error: unknown) => {
    if (error instanceof CloudNativeError && error.code === "TIMED_OUT") return [`not ended after ${options.timeout} s`]
    throw error
  })
  if (why.length === 0) return
  console.log(`migrate: stopping ${running.join(", ")} of an earlier deployment: ${why.join("; ")}`)
  await kubectl.must(["delete", "job", ...running, "--ignore-not-found", "--wait=false"])
  await pollUntil(
    "the pods of migrations that were stopped to end",
    STOPPING,
    async () => (await look()).isOver || undefined,
    {
      signal,
      state: () => running.join("\n"),
    },
  )
}

/** The migrations of releases that have not succeeded, but for some. */
export function earlierMigrations(entries: ReleaseSummary[], own: string[]): string[] {
  const names = entries
    .filter(({ outcome }) => outcome !== "succeeded")
    .flatMap(({ inventory }) => inventory.filter(({ kind }) => kind === "Job"))
    .map(({ name }) => name)
  return [...new Set(names)].filter(name => !own.includes(name))
}
