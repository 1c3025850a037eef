// The file system of a container: reading from it, and changing it without running anything.
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { basename, dirname, join, posix } from "node:path"

import { GraphQLError } from "graphql"

import { absolute, atPath, type Container, type Mount } from "./container.ts"
import { exists, missing } from "./directory.ts"
import { addMakers } from "./evaluate.ts"
import { imageById } from "./image.ts"
import { addLeaves } from "./leaf.ts"
import { keepLayer, layerPath, mountOverlay, within } from "./overlay.ts"
import type { User } from "./spec.ts"
import { cached, digestOf, once, touch } from "./store.ts"
import {
  copyEntries,
  copyFile,
  type CopyOptions,
  type Directory,
  directoryNeeds,
  directoryPath,
  type File,
  fileNeeds,
  filePath,
  importFile,
  importTree,
  pattern,
  walk,
} from "./tree.ts"

export const rootStack = async ({ image, layers }: Container): Promise<string[]> => [
  ...(image ? (await imageById(image)).layers : []),
  ...layers.map(layerPath),
]

/** Folders that a mounted file or directory is made of; a file stands alone in its folder. */
export const mountStack = (mount: Mount & { kind: "directory" | "file" }): string[] => [
  mount.kind === "directory" ? directoryPath(mount.source) : dirname(filePath(mount.source)),
  ...mount.layers.map(layerPath),
]

const linesOf = (root: string, file: string): string[][] => {
  const at = within(root, file)
  const text = existsSync(at) ? readFileSync(at, "utf8") : ""
  return text.split("\n").map(line => line.split(":"))
}

const entryOf = (root: string, uid: number): string[] | undefined =>
  linesOf(root, "/etc/passwd").find(([, , id]) => Number(id) === uid)

/** "node", "1000:1000": names are looked up in the container. */
export const resolveOwner = (root: string, owner: string): { uid: number; gid: number } => {
  const [user = "", group] = owner.split(":")
  const number = (name: string, file: string): number => {
    const known = /^\d+$/.test(name) ? name : linesOf(root, file).find(([first]) => first === name)?.[2]
    if (known === undefined)
      throw new GraphQLError(`failed to resolve ownership for ${owner}: ${name} is not in ${file}`)
    return Number(known)
  }
  const uid = number(user, "/etc/passwd")
  const ownGroup = () => Number(entryOf(root, uid)?.[3] ?? uid)
  return { uid, gid: group ? number(group, "/etc/group") : /^\d+$/.test(user) ? uid : ownGroup() }
}

/** Who a process runs as: without a group, in those that the container's files give the user, and else in root's. */
export const resolveUser = (root: string, user: string): User => {
  const [, group] = user.split(":")
  const { uid, gid } = resolveOwner(root, user || "0")
  if (group) return { uid, gid, additionalGids: [] }
  const [name, , , own = "0"] = entryOf(root, uid) ?? []
  const groups = linesOf(root, "/etc/group").filter(([, , , members]) => name && members?.split(",").includes(name))
  return { uid, gid: Number(own), additionalGids: groups.map(([, , id]) => Number(id)) }
}

interface Place {
  stack: string[]
  mount?: Mount & { kind: "directory" | "file" }
  path: string
}

/** Which stack of folders a path of the container lies in: a mount's, or the root's. */
const locate = async (container: Container, path: string): Promise<Place> => {
  const covering = container.mounts.filter(mount => path === mount.path || path.startsWith(`${mount.path}/`))
  const mount = covering.sort((a, b) => b.path.length - a.path.length)[0]
  if (!mount) return { stack: await rootStack(container), path }
  if (mount.kind !== "directory" && mount.kind !== "file")
    throw new GraphQLError(`${path}: not to be had from a ${mount.kind} mount`)
  return {
    stack: mountStack(mount),
    mount,
    path: mount.kind === "file" ? mount.source.name : path.slice(mount.path.length) || "/",
  }
}

const read = async <T>(container: Container, path: string, take: (root: string, path: string) => T): Promise<T> => {
  const place = await locate(container, path),
    overlay = await mountOverlay(place.stack)
  try {
    return take(overlay.path, place.path)
  } finally {
    await overlay.release()
  }
}

interface Edit {
  root: string
  path: string
  at: string
  owner: { uid: number; gid: number }
}

/** Changes one place of the container's file system; the change becomes a layer named after what made it. */
const edit = async (
  container: Container,
  args: { path: string; owner?: string },
  name: string,
  change: (edit: Edit) => void,
): Promise<Container> => {
  const { stack, mount, path } = await locate(container, args.path)
  const layer = digestOf(["edit", name, stack, args]),
    kept = layerPath(layer)
  await once(kept, async () => {
    if (existsSync(kept)) return touch(kept)
    const overlay = await mountOverlay(stack)
    try {
      const at = within(overlay.path, path)
      change({
        root: overlay.path,
        path,
        at,
        owner: args.owner ? resolveOwner(overlay.path, args.owner) : { uid: 0, gid: 0 },
      })
    } finally {
      await overlay.release()
    }
    keepLayer(overlay, layer)
  })
  if (!mount) return { ...container, imageRef: undefined, layers: [...container.layers, layer] }
  return {
    ...container,
    mounts: container.mounts.map(known => (known === mount ? { ...mount, layers: [...mount.layers, layer] } : known)),
  }
}

const editor = (name: string, change: (edit: Edit, args: any) => void) =>
  atPath((container, args) => edit(container, args, name, place => change(place, args)))

const put = (edit: Edit, source: string, options: CopyOptions) => {
  mkdirSync(dirname(edit.at), { recursive: true })
  copyFile(source, edit.at, options)
}
const matching = ({ root, path, at }: Edit): string[] => {
  if (!/[*?[]/.test(path)) return [at]
  const folder = within(root, dirname(path)),
    expression = pattern(basename(path))
  return existsSync(folder)
    ? walk(folder)
        .filter(entry => expression.test(entry.path))
        .map(entry => join(folder, entry.path))
    : []
}
const remove = editor("remove", place =>
  matching(place).forEach(path => rmSync(path, { recursive: true, force: true })),
)
const withFile = editor("file", (place, { source, permissions }) =>
  put(place, filePath(source), { owner: place.owner, ...(permissions && { permissions }) }),
)

addMakers({
  "Container.withNewFile": editor("new file", ({ at, owner }, { contents, permissions }) => {
    mkdirSync(dirname(at), { recursive: true })
    writeFileSync(at, contents)
    chmodSync(at, permissions)
    lchownSync(at, owner.uid, owner.gid)
  }),
  "Container.withFile": (container, args) =>
    withFile(container, args.path.endsWith("/") ? { ...args, path: posix.join(args.path, args.source.name) } : args),
  "Container.withDirectory": editor(
    "directory",
    ({ at, owner }, { source, exclude, include, permissions, owner: named }) => {
      const from = directoryPath(source),
        stats = lstatSync(at, { throwIfNoEntry: false })
      if (!stats) {
        mkdirSync(at, { recursive: true })
        lchownSync(at, owner.uid, owner.gid)
      }
      copyEntries(from, at, walk(from, { exclude, include }), {
        ...(named && { owner }),
        ...(permissions && { permissions }),
      })
    },
  ),
  "Container.withSymlink": (container, { linkName, ...args }) => link(container, { ...args, path: linkName }),
  "Container.withoutDirectory": remove,
  "Container.withoutFile": remove,
  "Container.withRootfs": (container: Container, { directory }): Promise<Container> =>
    edit({ ...container, image: undefined, layers: [] }, { path: "/" }, `rootfs ${directory.tree}`, ({ at }) =>
      copyEntries(directoryPath(directory), at, walk(directoryPath(directory))),
    ),
  "Container.rootfs": (container: Container) => directoryOf(container, "/"),
  "Container.directory": atPath((container, { path }) => directoryOf(container, path)),
  "Container.file": atPath((container, { path }) => fileOf(container, path)),
})

const link = editor("link", (place, { target }) => {
  const at = within(place.root, place.path, false)
  mkdirSync(dirname(at), { recursive: true })
  symlinkSync(target, at)
})

/** What a path's content depends on, so that reading it again costs nothing. */
const readKey = async (container: Container, kind: string, path: string) => {
  const place = await locate(container, path)
  return digestOf([kind, place.stack, place.path])
}

const directoryOf = async (container: Container, path: string): Promise<Directory> =>
  cached(await readKey(container, "directory", path), directoryNeeds, () =>
    read(container, path, (root, inner) => {
      const at = within(root, inner)
      if (!existsSync(at)) throw missing(path)
      if (!lstatSync(at).isDirectory()) throw new GraphQLError(`path ${path} is a file, not a directory`)
      return importTree(at)
    }),
  )

const fileOf = async (container: Container, path: string): Promise<File> =>
  cached(await readKey(container, "file", path), fileNeeds, () =>
    read(container, path, (root, inner) => {
      const at = within(root, inner)
      if (!existsSync(at)) throw missing(path)
      if (!lstatSync(at).isFile()) throw new GraphQLError(`path ${path} is a directory, not a file`)
      return importFile(at, {}, basename(path))
    }),
  )

addLeaves({
  "Container.exists": (container: Container, args) =>
    read(container, absolute(container, args.path), (root, path) => exists(root, { ...args, path })),
})
