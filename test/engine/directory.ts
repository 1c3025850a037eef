// Directory, File and Changeset; the host's files; what the client gives by address.
import { createHash } from "node:crypto"
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { homedir } from "node:os"
import { basename, dirname, join, resolve } from "node:path"

import { GraphQLError } from "graphql"

import { run } from "../lab/process.ts"
import { addMakers, evaluate } from "./evaluate.ts"
import { addLeaves } from "./leaf.ts"
import { within } from "./overlay.ts"
import { recipe } from "./recipe.ts"
import {
  copyEntries,
  copyFile,
  deriveTree,
  describeTree,
  type Directory,
  directoryPath,
  type File,
  filePath,
  type Filter,
  importFile,
  importTree,
  pattern,
  walk,
} from "./tree.ts"

export interface Changeset {
  before: Directory
  after: Directory
}

export const missing = (path: string): GraphQLError => new GraphQLError(`${path}: no such file or directory`)

/** "1000", "1000:1000"; names need the passwd of the container they are for. */
const numericOwner = (owner: string): { uid: number; gid: number } => {
  const [user = "", group = user] = owner.split(":")
  if (!/^\d+$/.test(user) || !/^\d+$/.test(group))
    throw new GraphQLError(`owner ${owner} of a directory must be numeric`)
  return { uid: Number(user), gid: Number(group) }
}
const copyOptions = ({ owner, permissions }: { owner?: string; permissions?: number }) => ({
  permissions: permissions ?? undefined,
  ...(owner && { owner: numericOwner(owner) }),
})

const host = (path: string): string => resolve(path.replace(/^file:\/\//, "").replace(/^~(?=\/|$)/, homedir()))
const hostDirectory = (path: string, filter: Filter): Directory => {
  const at = host(path)
  if (!existsSync(at)) throw missing(at)
  if (!statSync(at).isDirectory()) throw new GraphQLError(`path ${at}: not a directory`)
  return importTree(at, filter, { owner: { uid: 0, gid: 0 } })
}
const hostFile = (path: string): File => {
  const at = host(path)
  if (!existsSync(at)) throw missing(at)
  if (!statSync(at).isFile()) throw new GraphQLError(`path ${at} is not a file`)
  return importFile(at, { owner: { uid: 0, gid: 0 } })
}

/** A place in a tree under construction, its folders made. Shared files are unlinked, never changed. */
const target = (root: string, path: string): string => {
  const at = within(root, path, false)
  mkdirSync(dirname(at), { recursive: true })
  return at
}
const writeNew = (root: string, path: string, contents: string, mode: number) => {
  const at = target(root, path)
  rmSync(at, { force: true })
  writeFileSync(at, contents, { mode })
}
const matching = (root: string, path: string): string[] => {
  if (!/[*?[]/.test(path)) return [within(root, path, false)]
  const expression = pattern(path)
  return walk(root)
    .filter(entry => expression.test(entry.path))
    .map(entry => join(root, entry.path))
}
const without = (base: Directory, paths: string[]): Directory =>
  deriveTree(base, root =>
    paths.flatMap(path => matching(root, path)).forEach(at => rmSync(at, { recursive: true, force: true })),
  )

const addDirectory = (
  root: string,
  path: string,
  source: Directory,
  filter: Filter,
  options: Parameters<typeof copyEntries>[3],
) => {
  const at = within(root, path),
    from = directoryPath(source)
  mkdirSync(at, { recursive: true })
  copyEntries(from, at, walk(from, filter), options)
}

interface Changes {
  added: string[]
  modified: string[]
  removed: string[]
}
const compare = ({ before, after }: Changeset): Changes => {
  const old = describeTree(directoryPath(before)),
    now = describeTree(directoryPath(after))
  return {
    added: [...now.keys()].filter(path => !old.has(path)),
    modified: [...now].filter(([path, text]) => old.has(path) && old.get(path) !== text).map(([path]) => path),
    removed: [...old.keys()].filter(path => !now.has(path)),
  }
}
/** Of an object's paths, folders end with a slash. */
const withSlash = (tree: Directory, paths: string[]): string[] =>
  paths.map(path => (lstatSync(join(directoryPath(tree), path)).isDirectory() ? `${path}/` : path))

const changed = (changes: Changeset): Directory => {
  const { added, modified } = compare(changes),
    from = directoryPath(changes.after),
    wanted = new Set([...added, ...modified])
  const parents = new Set(
    [...wanted].flatMap(path => path.split("/").map((_, i, parts) => parts.slice(0, i).join("/"))),
  )
  const entries = walk(from).filter(({ path }) => wanted.has(path) || parents.has(path))
  return deriveTree(undefined, root => copyEntries(from, root, entries, { link: true }))
}
const applyChanges = (changes: Changeset, to: string) => {
  const { added, modified, removed } = compare(changes),
    from = directoryPath(changes.after),
    wanted = new Set([...added, ...modified])
  for (const path of removed) rmSync(join(to, path), { recursive: true, force: true })
  for (const { path, stats } of walk(from)) {
    if (!wanted.has(path)) continue
    if (stats.isDirectory()) mkdirSync(join(to, path), { recursive: true })
    else copyFile(join(from, path), join(to, path), { owner: ourselves() })
  }
}

const ourselves = () => ({ uid: process.getuid!(), gid: process.getgid!() })

addMakers({
  "Query.directory": () => deriveTree(undefined, () => {}),
  "Query.file": (_, { name, contents, permissions }) =>
    importFile(join(directoryPath(deriveTree(undefined, root => writeNew(root, name, contents, permissions))), name)),
  "Query.host": () => ({}),
  "Query.address": (_, { value }) => ({ value }),
  "Host.directory": (_, { path, exclude, include }) => hostDirectory(path, { exclude, include }),
  "Host.file": (_, { path }) => hostFile(path),
  "Address.directory": ({ value }, { exclude, include }) => hostDirectory(value, { exclude, include }),
  "Address.file": ({ value }) => hostFile(value),
  "Address.container": ({ value }) =>
    evaluate(
      recipe("Container", "Container.from", recipe("Container", "Query.container", undefined, {}), { address: value }),
    ),
  "Address.secret": ({ value }) => {
    const uri = value.includes("://") ? value : value.includes(":") ? value.replace(":", "://") : `env://${value}`
    return evaluate(recipe("Secret", "Query.secret", undefined, { uri }))
  },
  "Address.service": ({ value }) => {
    const [, protocol, name, port] = /^(tcp|udp):\/\/\[?([^\]/]*?)\]?:(\d+)$/.exec(value) ?? []
    if (protocol !== "tcp") throw new GraphQLError(`unsupported service address: "${value}", expected tcp://HOST:PORT`)
    const ports = [{ backend: Number(port), frontend: Number(port), protocol: "TCP" }]
    return evaluate(
      recipe("Service", "Host.service", recipe("Host", "Query.host", undefined, {}), {
        host: name || "localhost",
        ports,
      }),
    )
  },
  "Directory.stored": (_, { tree }) => ({ tree }),
  "File.stored": (_, { file, name }) => ({ file, name }),

  "Directory.directory": (parent, { path }) => {
    const at = within(directoryPath(parent), path)
    if (!existsSync(at)) throw missing(path)
    if (!lstatSync(at).isDirectory()) throw new GraphQLError(`path ${path} is a file, not a directory`)
    return importTree(at, {}, { link: true })
  },
  "Directory.file": (parent, { path }) => {
    const at = within(directoryPath(parent), path)
    if (!existsSync(at)) throw missing(path)
    if (!lstatSync(at).isFile()) throw new GraphQLError(`path ${path} is a directory, not a file`)
    return importFile(at, { link: true }, basename(path))
  },
  "Directory.filter": (parent, { exclude, include }) => deriveTree(parent, () => {}, { exclude, include }),
  "Directory.withNewFile": (parent, { path, contents, permissions }) =>
    deriveTree(parent, root => writeNew(root, path, contents, permissions)),
  "Directory.withFile": (parent, { path, source, ...options }) =>
    deriveTree(parent, root =>
      copyFile(
        filePath(source),
        target(root, path.endsWith("/") ? join(path, source.name) : path),
        copyOptions(options),
      ),
    ),
  // The API's default of 0644 for a folder is taken as 0755: nobody could enter it.
  "Directory.withNewDirectory": (parent, { path, permissions }) =>
    deriveTree(parent, root => {
      mkdirSync(within(root, path), { recursive: true, mode: permissions === 0o644 ? 0o755 : permissions })
    }),
  "Directory.withDirectory": (parent, { path, source, exclude, include, ...options }) =>
    deriveTree(parent, root => addDirectory(root, path, source, { exclude, include }, copyOptions(options))),
  "Directory.withSymlink": (parent, { target: to, linkName }) =>
    deriveTree(parent, root => symlinkSync(to, target(root, linkName))),
  "Directory.withoutDirectory": (parent, { path }) => without(parent, [path]),
  "Directory.withoutFile": (parent, { path }) => without(parent, [path]),
  "Directory.withoutFiles": (parent, { paths }) => without(parent, paths),
  "Directory.chown": (parent, { path, owner }) =>
    deriveTree(undefined, root => {
      const from = directoryPath(parent),
        at = within(from, path).slice(from.length + 1),
        inside = (name: string) => !at || name === at || name.startsWith(`${at}/`)
      const entries = walk(from)
      copyEntries(
        from,
        root,
        entries.filter(entry => !inside(entry.path)),
        { link: true },
      )
      copyEntries(
        from,
        root,
        entries.filter(entry => inside(entry.path)),
        { owner: numericOwner(owner) },
      )
    }),
  "Directory.diff": (parent, { other }) => changed({ before: parent, after: other }),
  "Directory.changes": (parent, { from }) => ({ before: from, after: parent }),
  "Directory.withChanges": (parent, { changes }) => {
    const { removed } = compare(changes)
    return deriveTree(without(parent, removed), root => addDirectory(root, ".", changed(changes), {}, { link: true }))
  },
  "File.withName": (parent, { name }) => importFile(filePath(parent), { link: true }, name),
  "Changeset.before": ({ before }) => before,
  "Changeset.after": ({ after }) => after,
  "Changeset.layer": changed,
  "Changeset.asPatch": async ({ before, after }) => {
    const [a, b] = [directoryPath(before), directoryPath(after)]
    // git exits 1 when there are differences, which is what is asked for.
    const { stdout } = await run(["git", "diff", "--no-index", "--no-prefix", a, b], { check: false })
    const relative = stdout.replaceAll(a.slice(1), "a").replaceAll(b.slice(1), "b")
    return importFile(
      join(directoryPath(deriveTree(undefined, root => writeNew(root, "diff.patch", relative, 0o644))), "diff.patch"),
    )
  },
})

const exportFile = (file: File, path: string, intoFolder: boolean): string => {
  const at = resolve(path),
    to = intoFolder && existsSync(at) && statSync(at).isDirectory() ? join(at, file.name) : at
  copyFile(filePath(file), to, { owner: ourselves() })
  return to
}

addLeaves({
  "Address.value": ({ value }) => value,
  "Directory.entries": (value, { path }) => {
    const at = within(directoryPath(value), path ?? ".")
    if (!existsSync(at)) throw missing(path)
    return readdirSync(at, { withFileTypes: true })
      .map(entry => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort()
  },
  "Directory.glob": (value, args) => {
    const expression = pattern(args.pattern)
    return walk(directoryPath(value))
      .filter(({ path }) => expression.test(path))
      .map(({ path, stats }) => (stats.isDirectory() ? `${path}/` : path))
  },
  "Directory.exists": (value, args) => exists(directoryPath(value), args),
  "Directory.digest": ({ tree }) => `sha256:${createHash("sha256").update(tree).digest("hex")}`,
  "Directory.name": () => "/",
  "Directory.export": (value, { path, wipe }) => {
    const to = resolve(path),
      from = directoryPath(value)
    if (wipe) rmSync(to, { recursive: true, force: true })
    mkdirSync(to, { recursive: true })
    copyEntries(from, to, walk(from), { owner: ourselves() })
    return to
  },
  "File.contents": value => readFileSync(filePath(value), "utf8"),
  "File.size": value => lstatSync(filePath(value)).size,
  "File.name": ({ name }) => name,
  "File.digest": value =>
    `sha256:${createHash("sha256")
      .update(readFileSync(filePath(value)))
      .digest("hex")}`,
  "File.export": (value, { path, allowParentDirPath }) => exportFile(value, path, allowParentDirPath),
  "Changeset.isEmpty": value => Object.values(compare(value)).every(paths => paths.length === 0),
  "Changeset.addedPaths": value => withSlash(value.after, compare(value).added),
  "Changeset.modifiedPaths": value => withSlash(value.after, compare(value).modified),
  "Changeset.removedPaths": value => withSlash(value.before, compare(value).removed),
  "Changeset.export": (value, { path }) => {
    applyChanges(value, resolve(path))
    return resolve(path)
  },
})

export function exists(
  root: string,
  { path, expectedType, doNotFollowSymlinks }: { path: string; expectedType?: string; doNotFollowSymlinks?: boolean },
): boolean {
  const stats = lstatSync(within(root, path, !(doNotFollowSymlinks || expectedType === "SYMLINK_TYPE")), {
    throwIfNoEntry: false,
  })
  if (!stats) return false
  if (expectedType === "DIRECTORY_TYPE") return stats.isDirectory()
  if (expectedType === "SYMLINK_TYPE") return stats.isSymbolicLink()
  return expectedType === "REGULAR_TYPE" ? stats.isFile() : true
}
