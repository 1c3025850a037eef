// Keeps the cache within its budget, in the background: `gc.ts` collects, the least recently used first.
import { spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { withLock } from "../lab/cache.ts"
import { removeIdleGoCaches } from "../lab/images.ts"
import { podman } from "../lab/podman.ts"
import { run } from "../lab/process.ts"
import { cleanUp } from "./cleanup.ts"
import { folder, root, scratch, session } from "./store.ts"

const GB = 1e9
/** Bytes that the cache may take: CLOUD_NATIVE_CACHE_GB, or 10 GB. */
export const budgetOf = (setting = process.env.CLOUD_NATIVE_CACHE_GB): number => {
  const size = setting ? Number(setting) : 10
  if (Number.isFinite(size) && size >= 0) return size * GB
  throw new Error(`CLOUD_NATIVE_CACHE_GB=${setting} is not a number of gigabytes`)
}
/** The part of the disk that is to stay free. */
const FREE = 0.1
/** Milliseconds between two collections. */
const PAUSE = 600_000
/** Milliseconds for which results, which take no space to speak of, are kept unused. */
const KEPT = 7 * 24 * 3_600_000

/** Something in the cache, by its path below the cache's folder. */
export interface Stored {
  path: string
  bytes: number
  usedAt: number
}

/** What goes, the least recently used first, until the rest is within the budget: nothing that was used since `inUse`, when the oldest session began. */
export const planCollection = (stored: Stored[], budget: number, inUse: number): string[] => {
  let excess = stored.reduce((sum, { bytes }) => sum + bytes, 0) - budget
  return stored
    .filter(({ usedAt }) => usedAt < inUse)
    .sort((a, b) => a.usedAt - b.usedAt)
    .filter(({ bytes }) => {
      const goes = excess > 0
      if (goes) excess -= bytes
      return goes
    })
    .map(({ path }) => path)
}

/** A session's name begins with the id of its process. */
const isAlive = (name: string): boolean => {
  try {
    return process.kill(parseInt(name.slice(0, -8), 36), 0)
  } catch {
    return false
  }
}

/** Sessions that run, this one among them. */
export const liveSessions = (): string[] => readdirSync(folder("sessions")).filter(isAlive)

/** When the oldest session that runs began: what was used since then may be in use. */
const oldestUse = (): number =>
  Math.min(Date.now(), ...liveSessions().map(name => statSync(join(folder("sessions"), name)).birthtimeMs))

const CONTENT = ["layers", "trees", "files", "images", "volumes"] as const

/** All content, measured: what is stored never changes, so its size is known from then on; that of a volume is not. */
const measure = async (): Promise<Stored[]> => {
  const path = join(root, "sizes.json")
  const known = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, number>) : {}
  const all = CONTENT.flatMap(name => readdirSync(folder(name)).map(entry => `${name}/${entry}`))
  const unknown = all.filter(entry => known[entry] === undefined || entry.startsWith("volumes/"))
  if (unknown.length > 0) {
    const input = unknown.join("\0")
    const { stdout } = await run(["du", "--summarize", "--block-size=1", "--files0-from=-"], {
      cwd: root,
      input,
      check: false,
    })
    for (const line of stdout.split("\n").filter(Boolean)) {
      const [bytes, entry] = line.split("\t")
      known[entry!] = Number(bytes)
    }
  }
  const sizes = Object.fromEntries(all.map(entry => [entry, known[entry] ?? 0]))
  writeFileSync(path, JSON.stringify(sizes), { mode: 0o600 })
  return all.flatMap(entry => {
    const stats = statSync(join(root, entry), { throwIfNoEntry: false })
    return stats ? [{ path: entry, bytes: sizes[entry]!, usedAt: stats.mtimeMs }] : []
  })
}

/** Takes it out of the way at once, and only then apart; unless it has been used meanwhile. */
const remove = (path: string, inUse: number): void => {
  const at = join(root, path)
  const stats = statSync(at, { throwIfNoEntry: false })
  if (!stats || stats.mtimeMs >= inUse) return
  const gone = join(scratch(), "gone")
  renameSync(at, gone)
  rmSync(gone, { recursive: true, force: true })
}

/** Images that dockerBuild made and no result knows any more. */
const removeBuilds = async () => {
  const { stdout } = await podman([
    "images",
    "--filter",
    "reference=localhost/cloud-native/build",
    "--format",
    "{{.Tag}}",
  ])
  const forgotten = stdout.split("\n").filter(tag => tag && !existsSync(join(folder("results"), `${tag}.json`)))
  if (forgotten.length > 0)
    await podman(["rmi", ...forgotten.map(tag => `localhost/cloud-native/build:${tag}`)], { check: false })
}

/** Collects now: what sessions that are over have left, and what is beyond the budget. */
export const collect = async (budget = budgetOf()): Promise<void> => {
  for (const dead of readdirSync(folder("sessions")).filter(name => !isAlive(name))) await cleanUp(dead)
  const inUse = oldestUse()
  const stored = await measure()
  const { bavail, blocks, bsize } = statfsSync(root)
  const lacking = Math.max(0, FREE * blocks - bavail) * bsize
  const total = stored.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const path of planCollection(stored, Math.min(budget, total - lacking), inUse)) remove(path, inUse)
  for (const name of ["results", "recipes"] as const)
    for (const entry of readdirSync(folder(name))) remove(`${name}/${entry}`, Math.min(inUse, Date.now() - KEPT))
  await removeBuilds()
  await removeIdleGoCaches()
}

const stamp = (): string => join(root, "collected")
const wasRecent = (): boolean => Date.now() - (statSync(stamp(), { throwIfNoEntry: false })?.mtimeMs ?? 0) < PAUSE

/** Collects in a process of its own, for which nobody waits. */
export const collectInBackground = (): void => {
  if (wasRecent()) return
  writeFileSync(stamp(), "")
  const tsx = createRequire(import.meta.url).resolve("tsx")
  spawn("nice", ["-n", "19", process.execPath, "--import", tsx, fileURLToPath(import.meta.url)], {
    detached: true,
    stdio: "ignore",
  })
    .on("error", () => undefined)
    .unref()
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await withLock("engine collection", collect).finally(() => cleanUp(session))
