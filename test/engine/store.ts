// What the engine keeps on disk, and the names it gives to content.
import { createHmac, randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

export const root = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "cloud-native", "engine")

export const folder = (
  name: "trees" | "files" | "layers" | "links" | "results" | "recipes" | "volumes" | "images" | "sessions" | "runtime",
): string => {
  const path = join(root, name)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return path
}

/** One per session: mounts and scratch space, removed at its end. */
export const session = `${process.pid.toString(36)}${randomBytes(4).toString("hex")}`
export const sessionFolder = (): string => {
  const path = join(folder("sessions"), session)
  mkdirSync(path, { recursive: true })
  return path
}
let scratches = 0
export const scratch = (): string => {
  const path = join(sessionFolder(), String(scratches++))
  mkdirSync(path)
  return path
}

/** Moves a folder to where it is kept; where another process was first, its content is the same. */
export const keep = (made: string, kept: string): void => {
  try {
    if (!existsSync(kept)) {
      renameSync(made, kept)
      // A container may have set the time of its root folder.
      return touch(kept)
    }
  } catch (error) {
    if (!existsSync(kept)) throw error
  }
  touch(kept)
  rmSync(made, { recursive: true })
}

/** For secrets on their way into a container: memory, never a disk. */
export const secretFolder = (of = session): string => join("/dev/shm", `cloud-native-${of}`)

// A keyed hash, since names of things that hold secrets must not let anybody guess the secret.
const key = (() => {
  let known: Buffer | undefined
  return () => {
    const path = join(root, "key")
    if (!known && !existsSync(path)) {
      mkdirSync(root, { recursive: true, mode: 0o700 })
      const own = `${path}.${session}`
      writeFileSync(own, randomBytes(32), { mode: 0o600 })
      renameSync(own, path)
    }
    return (known ??= readFileSync(path))
  }
})()

export const hash = (data: string | Buffer): string =>
  createHmac("sha256", key()).update(data).digest("hex").slice(0, 40)

const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical)
  if (value === null || typeof value !== "object") return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, canonical(v)]),
  )
}
export const digestOf = (value: unknown): string => hash(JSON.stringify(canonical(value)))

/** What a stored result needs to be of use again: paths under the root. */
interface Entry<T> {
  value: T
  needs: string[]
}

const running = new Map<string, Promise<unknown>>()

/** The same key twice at once is computed once. */
export const once = <T>(key: string, produce: () => Promise<T>): Promise<T> => {
  const known = running.get(key) as Promise<T> | undefined
  if (known) return known
  const started = produce()
  running.set(key, started)
  const forget = () => running.delete(key)
  started.then(forget, forget)
  return started
}

/** What was used lately is kept longest, and what was used since a session began until that ends. */
export const touch = (path: string): void => utimesSync(path, new Date(), new Date())

/** A path that is about to be used, if there is anything. */
export const used = (path: string): string => {
  if (existsSync(path)) touch(path)
  return path
}

const resultPath = (key: string) => join(folder("results"), `${key}.json`)

export const recall = <T>(key: string): T | undefined => {
  const path = resultPath(key)
  if (!existsSync(path)) return undefined
  const entry = JSON.parse(readFileSync(path, "utf8")) as Entry<T>
  if (!entry.needs.every(need => existsSync(join(root, need)))) return undefined
  for (const used of [path, ...entry.needs.map(need => join(root, need))]) touch(used)
  return entry.value
}

export const remember = <T>(key: string, value: T, needs: string[]): void => {
  const path = resultPath(key),
    own = `${path}.${session}`
  writeFileSync(own, JSON.stringify({ value, needs } satisfies Entry<T>), { mode: 0o600 })
  renameSync(own, path)
}

/** The result of `produce`, from disk when the same key was computed before, in this session or an earlier one. */
export const cached = <T>(key: string, needs: (value: T) => string[], produce: () => Promise<T>): Promise<T> =>
  once(key, async () => {
    const known = recall<T>(key)
    if (known !== undefined) return known
    const value = await produce()
    remember(key, value, needs(value))
    return value
  })
