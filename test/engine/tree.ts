// Immutable folders and files on the host, stored under the digest of their content.
import { createHash } from "node:crypto"
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
  symlinkSync,
} from "node:fs"
import { basename, dirname, join } from "node:path"

import { folder, hash, keep, scratch, touch, used } from "./store.ts"

export interface Filter {
  exclude?: string[]
  include?: string[]
}
export interface Entry {
  path: string
  stats: Stats
}

/** A pattern as in a .dockerignore: `*` stays within a folder, `**` crosses them. */
export const pattern = (text: string): RegExp => {
  const source = text.replace(/^\.?\/+/, "").replace(/\/+$/, "")
  const translated = source.replace(/\*\*\/|\*\*|\*|\?|\[[^\]]*\]|[.+^${}()|\\]/g, token => {
    if (token === "**/") return "(?:.*/)?"
    if (token === "**") return ".*"
    if (token === "*") return "[^/]*"
    if (token === "?") return "[^/]"
    return token.startsWith("[") ? token : `\\${token}`
  })
  return new RegExp(`^${translated}$`)
}

/**
 * Whether the path, or a folder it is in, is matched; the last pattern that says something decides. Paths have no slash at their
 * beginning: as in BuildKit's filters, a pattern with one matches nothing.
 */
export const matcher = (patterns: string[]) => {
  const rules = patterns
    .filter(text => !/^!?\//.test(text))
    .map(text => ({ negated: text.startsWith("!"), expression: pattern(text.replace(/^!/, "")) }))
  return (path: string): boolean => {
    const parts = path.split("/"),
      prefixes = parts.map((_, i) => parts.slice(0, i + 1).join("/"))
    return rules.reduce(
      (matched, rule) => (prefixes.some(prefix => rule.expression.test(prefix)) ? !rule.negated : matched),
      false,
    )
  }
}

/** Everything below a folder, parents first. Folders that only lead to included files come too. */
export const walk = (root: string, { exclude = [], include = [] }: Filter = {}): Entry[] => {
  const excluded = matcher(exclude),
    included = matcher(include),
    exceptions = exclude.some(text => text.startsWith("!"))
  const visit = (below: string): Entry[] =>
    readdirSync(join(root, below))
      .sort()
      .flatMap(name => {
        const path = below ? `${below}/${name}` : name
        const out = excluded(path)
        if (out && !exceptions) return []
        const stats = lstatSync(join(root, path)),
          wanted = !out && (include.length === 0 || included(path))
        // Devices, pipes and sockets are no content.
        if (!stats.isDirectory()) return wanted && (stats.isFile() || stats.isSymbolicLink()) ? [{ path, stats }] : []
        const inside = visit(path)
        return wanted || inside.length > 0 ? [{ path, stats }, ...inside] : []
      })
  return visit("")
}

export interface CopyOptions {
  owner?: { uid: number; gid: number }
  permissions?: number
  link?: boolean
}

/** What a file is, or will be once copied. */
const describe = (
  path: string,
  { stats }: Entry,
  { owner = stats, permissions = stats.mode & 0o7777 }: CopyOptions = {},
): string => {
  const belongs = `${owner.uid}:${owner.gid}`
  if (stats.isSymbolicLink()) return `${belongs} -> ${readlinkSync(path)}`
  if (stats.isDirectory()) return `${belongs} ${permissions.toString(8)} folder`
  return `${belongs} ${permissions.toString(8)} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`
}

export const describeTree = (root: string, entries = walk(root), options: CopyOptions = {}): Map<string, string> =>
  new Map(entries.map(entry => [entry.path, describe(join(root, entry.path), entry, options)]))

const place = (from: string, to: string, stats: Stats, { owner, permissions, link }: CopyOptions) => {
  const known = lstatSync(to, { throwIfNoEntry: false })
  if (stats.isDirectory()) {
    if (known && !known.isDirectory()) rmSync(to)
    if (!known?.isDirectory()) mkdirSync(to)
  } else {
    if (known) rmSync(to, { recursive: true })
    if (stats.isSymbolicLink()) symlinkSync(readlinkSync(from), to)
    else if (link) return linkSync(from, to)
    else copyFileSync(from, to, constants.COPYFILE_FICLONE)
  }
  lchownSync(to, owner?.uid ?? stats.uid, owner?.gid ?? stats.gid)
  if (!stats.isSymbolicLink()) chmodSync(to, permissions ?? stats.mode & 0o7777)
  if (!stats.isDirectory()) lutimesSync(to, stats.atime, stats.mtime)
}

/** Copies the listed entries into a folder that exists; what is there already is replaced or merged. Stored trees may share files by link. */
export const copyEntries = (from: string, to: string, entries: Entry[], options: CopyOptions = {}): void => {
  for (const { path, stats } of entries) place(join(from, path), join(to, path), stats, options)
}

export const copyFile = (from: string, to: string, options: CopyOptions = {}): void => {
  mkdirSync(dirname(to), { recursive: true })
  place(from, to, lstatSync(from), options)
}

export interface Directory {
  tree: string
}
export interface File {
  file: string
  name: string
}

export const directoryPath = ({ tree }: Directory): string => used(join(folder("trees"), tree))
export const filePath = ({ file, name }: File): string => join(used(join(folder("files"), file)), name)
export const directoryNeeds = ({ tree }: Directory): string[] => [`trees/${tree}`]
export const fileNeeds = ({ file }: File): string[] => [`files/${file}`]

const treeName = (described: Map<string, string>): string =>
  hash([...described].map(line => line.join("\0")).join("\n"))

/** A tree of what a folder on the host or in a container holds; copied only when it is not there yet. */
export const importTree = (path: string, filter: Filter = {}, options: CopyOptions = {}): Directory => {
  const entries = walk(path, filter),
    tree = treeName(describeTree(path, entries, options)),
    kept = join(folder("trees"), tree)
  if (existsSync(kept)) return (touch(kept), { tree })
  const built = scratch()
  chmodSync(built, 0o755)
  copyEntries(path, built, entries, options)
  keep(built, kept)
  return { tree }
}

export const importFile = (path: string, options: CopyOptions = {}, name = basename(path)): File => {
  const stats = lstatSync(path),
    file = hash(`${name}\0${describe(path, { path, stats }, options)}`),
    kept = join(folder("files"), file)
  if (existsSync(kept)) return (touch(kept), { file, name })
  const built = scratch()
  copyFile(path, join(built, name), options)
  keep(built, kept)
  return { file, name }
}

/** A new tree made from an old one. Files are shared by link, so `change` must replace, never write into, what it finds. */
export const deriveTree = (
  base: Directory | undefined,
  change: (path: string) => void,
  filter: Filter = {},
): Directory => {
  const built = scratch()
  chmodSync(built, 0o755)
  if (base) copyEntries(directoryPath(base), built, walk(directoryPath(base), filter), { link: true })
  change(built)
  const tree = treeName(describeTree(built))
  keep(built, join(folder("trees"), tree))
  return { tree }
}
