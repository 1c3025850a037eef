// Overlay mounts: the file systems of containers are stacks of folders.
import { existsSync, lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs"
import { join, posix } from "node:path"

import { run } from "../lab/process.ts"
import { folder, hash, keep, scratch, session, used } from "./store.ts"

/** A short name for a lower folder: mount options must fit one page. */
const link = (path: string): string => {
  const name = hash(path).slice(0, 10),
    at = join(folder("links"), name)
  if (!existsSync(at)) {
    const own = `${at}.${session}.${Math.random()}`
    symlinkSync(path, own)
    renameSync(own, at)
  }
  return name
}

/**
 * Podman mounts its storage folder and unmounts it as it comes and goes; a mount that meets it half-way is tried again, with
 * an empty working folder: in the old one stands that a volatile mount was not ended.
 */
const mount = async (options: string, path: string, work: string, tries = 25): Promise<void> => {
  mkdirSync(work, { mode: 0o755 })
  try {
    await run(["mount", "-t", "overlay", "overlay", "-o", options, path], { cwd: folder("links") })
  } catch (error) {
    if (tries === 1) throw error
    rmSync(work, { recursive: true })
    await new Promise(resolve => setTimeout(resolve, 200))
    await mount(options, path, work, tries - 1)
  }
}

export interface Overlay {
  path: string
  upper: string
  release(): Promise<void>
}

/** Mounts folders over each other, the lowest first; changes go to `upper`. */
export const mountOverlay = async (lowers: string[]): Promise<Overlay> => {
  const at = scratch(),
    path = join(at, "merged"),
    upper = join(at, "upper"),
    work = join(at, "work"),
    nothing = join(at, "nothing")
  for (const made of [path, upper, nothing]) mkdirSync(made, { mode: 0o755 })
  const stack = [...lowers].reverse().map(link)
  const options = `lowerdir=${stack.join(":") || nothing},upperdir=${upper},workdir=${work},index=off,redirect_dir=off,metacopy=off,volatile`
  await mount(options, path, work)
  return {
    path,
    upper,
    release: async () => {
      await run(["umount", path]).catch(() => run(["umount", "--lazy", path]))
    },
  }
}

/** Keeps what was written to an overlay as a layer with this name. */
export const keepLayer = (overlay: Overlay, name: string): string => {
  const kept = layerPath(name)
  keep(overlay.upper, kept)
  return name
}
export const layerPath = (name: string): string => used(join(folder("layers"), name))

/** Where a container's path lies on the host, symbolic links read as the container reads them. */
export const within = (root: string, path: string, follow = true): string => {
  let todo = path.split("/").filter(Boolean),
    done: string[] = []
  for (let links = 0; todo.length > 0;) {
    const part = todo.shift()!
    if (part === ".") continue
    if (part === "..") {
      done.pop()
      continue
    }
    const here = join(root, ...done, part),
      stats = lstatSync(here, { throwIfNoEntry: false })
    if (!stats?.isSymbolicLink() || (todo.length === 0 && !follow)) {
      done.push(part)
      continue
    }
    if (++links > 40) throw new Error(`${path}: too many levels of symbolic links`)
    const target = readlinkSync(here)
    if (posix.isAbsolute(target)) done = []
    todo = [...target.split("/").filter(Boolean), ...todo]
  }
  return join(root, ...done)
}
