import { posix } from "node:path"

import { applicationsOf } from "../config/applications.js"
import type { Config } from "../config/schema.js"

/** What a repository holds: all paths, and the text of the files that say how it is installed and tested. */
export interface Layout {
  files: string[]
  texts: Record<string, string>
}

const TEXTS = [
  /^package\.json$/,
  /^(package-lock|npm-shrinkwrap)\.json$/,
  /^pnpm-(lock|workspace)\.yaml$/,
  /^yarn\.lock$/,
  /^\.yarnrc\.yml$/,
  /^bun\.lock$/,
  /^(jest|playwright)\.config\.\w+$/,
  /^pyproject\.toml$/,
  /^setup\.(py|cfg)$/,
  /^(uv|poetry|pdm)\.lock$/,
  /^.*(requirements|constraints).*\.(txt|in)$/,
  /^\.(python|node)-version$/,
  /^\.nvmrc$/,
]
/** Folders that hold what tools made, not what people wrote. */
const MADE = /(^|\/)(node_modules|\.venv|venv|\.next|__pycache__|\.git)\//

/** The files of a repository, without what tools made. */
export function writtenFiles(paths: string[]): string[] {
  return paths.filter(path => !path.endsWith("/") && !MADE.test(path))
}

/** The files whose text says how the applications are installed and tested. */
export function informingFiles(files: string[], config: Config): string[] {
  const apps = Object.values(applicationsOf(config))
  const folders = apps.flatMap(({ path }) => upwards(path))
  return files.filter(
    path =>
      apps.some(({ dockerfile }) => dockerfile === path) ||
      (isText(path) && folders.some(folder => concerns(path, folder))),
  )
}

/** A folder and those that it is in, the source's root last. */
export function upwards(path: string): string[] {
  const parts = normalize(path).split("/")
  const folders = parts.map((_, index) => parts.slice(0, parts.length - index).join("/"))
  return folders.includes(".") ? ["."] : [...folders, "."]
}

/** A path without `./`, empty steps and a slash at the end; the root is `.`. */
export function normalize(path: string): string {
  const steps = path.split("/").filter(step => step !== "" && step !== ".")
  return steps.join("/") || "."
}

/** A pattern of folders, as workspaces have it. */
export function globOf(pattern: string): RegExp {
  const source = normalize(pattern).replace(/\*\*|\*|[.+^${}()|[\]\\?]/g, token =>
    token === "**" ? ".*" : token === "*" ? "[^/]*" : `\\${token}`,
  )
  return new RegExp(`^${source}$`)
}

export function inFolder(folder: string, path: string): string {
  return folder === "." ? normalize(path) : normalize(`${folder}/${path}`)
}

export function parentOf(path: string): string {
  return path.split("/").slice(0, -1).join("/") || "."
}

/** A path as seen from a folder that it is in. */
export function relativeTo(folder: string, path: string): string {
  if (folder === ".") return normalize(path)
  return path === folder ? "." : path.slice(folder.length + 1)
}

/** Paths as a file of a folder has them, from the source's root, without those that lead out of it. */
export function localPaths(folder: string, paths: string[]): string[] {
  const found = paths.filter(path => !path.startsWith("/")).map(path => posix.join(folder, path))
  return found.filter(path => !/^\.\.(\/|$)/.test(path)).map(normalize)
}

export function isIn(folder: string, path: string): boolean {
  return folder === "." || path === folder || path.startsWith(`${folder}/`)
}

/** The deepest folder that files have in common; undefined without a file. */
export function commonFolder(files: string[]): string | undefined {
  const [first] = files
  return first && upwards(parentOf(first)).find(parent => files.every(file => isIn(parent, file)))
}

function isText(path: string): boolean {
  const name = path.split("/").at(-1)!
  return TEXTS.some(pattern => pattern.test(name))
}

/** Lockfiles and settings lie in the folder itself; manifests and requirements of workspace members may lie deeper. */
function concerns(path: string, folder: string): boolean {
  const [name, ...above] = path.split("/").reverse()
  const parent = above.reverse().join("/") || "."
  return parent === folder || /^package\.json$|requirements/.test(name!) || parent === inFolder(folder, "requirements")
}
