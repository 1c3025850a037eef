// Containers made ready to be run: file systems mounted, a network namespace, and what the runtime is told.
import { existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"

import type { Container, Mount } from "./container.ts"
import { openNamespace } from "./network.ts"
import { mountOverlay, type Overlay, within } from "./overlay.ts"
import { mountStack, resolveOwner, resolveUser, rootStack } from "./rootfs.ts"
import { discard, ownFile } from "./runc.ts"
import { plaintext, secretFile } from "./secret.ts"
import type { Bound } from "./service.ts"
import { type SpecMount, specOf } from "./spec.ts"
import { folder, session, used } from "./store.ts"
import { copyEntries, directoryPath, filePath, importFile, importTree, walk } from "./tree.ts"

type FileMount = Mount & { kind: "directory" | "file" }

/** A container ready to be run: its file systems mounted, its network there. */
interface Prepared {
  name: string
  root: Overlay
  mounts: Map<Mount, Overlay>
  ip: string
  /** Digests of the secrets it can see. */
  secrets: string[]
  spec: object
  /** Takes away what was made only to mount things on. */
  tidy(): void
  release(): Promise<void>
}

const volumePath = (root: string, mount: Mount & { kind: "cache" }): string => {
  const path = used(join(folder("volumes"), mount.volume))
  if (!existsSync(path)) {
    mkdirSync(path, { mode: 0o755 })
    const owner = mount.owner ? resolveOwner(root, mount.owner) : undefined
    if (mount.source)
      copyEntries(directoryPath(mount.source), path, walk(directoryPath(mount.source)), { ...(owner && { owner }) })
    if (owner) lchownSync(path, owner.uid, owner.gid)
  }
  return path
}

const withOwner = (root: string, mount: FileMount): FileMount => {
  if (!mount.owner || mount.layers.length > 0) return mount
  const owner = resolveOwner(root, mount.owner)
  if (mount.kind === "file") return { ...mount, source: importFile(filePath(mount.source), { owner }) }
  return { ...mount, source: importTree(directoryPath(mount.source), {}, { owner }) }
}

/** What the runtime mounts on, it makes; what was not there before is not the container's own. */
const stubs = (root: string, paths: string[]): (() => void) => {
  const all = paths
    .flatMap(path => path.split("/").map((_, i, parts) => parts.slice(0, i + 1).join("/")))
    .filter(Boolean)
  const absent = [...new Set(all)]
    .filter(path => !lstatSync(within(root, path), { throwIfNoEntry: false }))
    .sort((a, b) => b.length - a.length)
  return () => {
    for (const path of absent) {
      const at = within(root, path, false),
        stats = lstatSync(at, { throwIfNoEntry: false })
      const empty = stats?.isDirectory() ? readdirSync(at).length === 0 : stats?.size === 0
      if (stats && empty) rmSync(at, { recursive: true })
    }
  }
}
const SYSTEM_PATHS = ["/dev", "/proc", "/sys"]

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const bound = (source: string, destination: string, access: "ro" | "rw" = "rw"): SpecMount => ({
  destination,
  type: "bind",
  source,
  options: ["rbind", "rprivate", access],
})

/** The files by which a container finds others: as on the host, and by the names of what it is bound to. */
const nameFiles = (name: string, ip: string, hosts: Bound[]): SpecMount[] => {
  const lines = [
    ["127.0.0.1", "localhost"],
    ["::1", "localhost"],
    [ip, name],
    ...hosts.map(({ alias, ip }) => [ip, alias]),
  ]
  return [
    bound(ownFile(name, "hosts", `${lines.map(line => line.join(" ")).join("\n")}\n`), "/etc/hosts"),
    bound(ownFile(name, "resolv.conf", nameServers()), "/etc/resolv.conf"),
    bound(ownFile(name, "hostname", `${name}\n`), "/etc/hostname"),
  ]
}

/** The host's resolv.conf without what leads to the host itself; where nothing else is left, that of systemd's resolver. */
const nameServers = (): string => {
  const texts = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"]
    .filter(path => existsSync(path))
    .map(path => readFileSync(path, "utf8").replace(/^nameserver\s+(127\.|::1).*$/gm, ""))
  return texts.find(text => /^nameserver/m.test(text)) ?? ""
}

const mountOf = async (root: string, mount: Mount, overlays: Map<Mount, Overlay>): Promise<SpecMount> => {
  switch (mount.kind) {
    case "temp": {
      const size = mount.size ? [`size=${mount.size}`] : []
      return { destination: mount.path, type: "tmpfs", source: "tmpfs", options: ["rw", "mode=1777", ...size] }
    }
    case "cache":
      return bound(volumePath(root, mount), mount.path)
    case "secret": {
      const owner = mount.owner ? resolveOwner(root, mount.owner) : { uid: 0, gid: 0 }
      return bound(secretFile(mount.source, { mode: mount.mode, ...owner }), mount.path, "ro")
    }
    default: {
      const overlay = await mountOverlay(mountStack(withOwner(root, mount)))
      overlays.set(mount, overlay)
      if (mount.kind === "file") return bound(join(overlay.path, mount.source.name), mount.path)
      return bound(overlay.path, mount.path, mount.readOnly ? "ro" : "rw")
    }
  }
}

const depth = ({ destination }: SpecMount): number => destination.split("/").filter(Boolean).length

let prepared = 0

export const prepare = async (
  container: Container,
  { insecureRootCapabilities: isPrivileged = false }: { insecureRootCapabilities?: boolean },
  args: string[],
  hosts: Bound[],
): Promise<Prepared> => {
  const { config } = container,
    name = `cloud-native-engine-${session}-${prepared++}`
  const [root, namespace] = await Promise.all([mountOverlay(await rootStack(container)), openNamespace()])
  const cwd = config.workdir || "/"
  mkdirSync(within(root.path, cwd), { recursive: true })
  const named = nameFiles(name, namespace.ip, hosts)
  const tidy = stubs(root.path, [
    ...SYSTEM_PATHS,
    ...named.map(({ destination }) => destination),
    ...container.mounts.map(({ path }) => path),
  ])
  const overlays = new Map<Mount, Overlay>()
  const own: SpecMount[] = []
  for (const mount of container.mounts) own.push(await mountOf(root.path, mount, overlays))
  // What lies in another one's place is mounted after it.
  const mounts = [...named, ...own].sort((a, b) => depth(a) - depth(b))
  const release = async () => {
    discard(name)
    await Promise.all([namespace.close(), ...[root, ...overlays.values()].map(overlay => overlay.release())])
  }
  let released: Promise<void> | undefined
  const env = { PATH, ...Object.fromEntries(config.env), ...secretEnv(container) }
  return {
    name,
    root,
    mounts: overlays,
    ip: namespace.ip,
    tidy,
    secrets: [...container.secretEnv, ...container.mounts.filter(mount => mount.kind === "secret")].map(
      ({ source }) => source.secret,
    ),
    spec: specOf({
      name,
      root: root.path,
      args,
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      cwd,
      user: resolveUser(root.path, config.user),
      mounts,
      network: namespace.path,
      isPrivileged,
    }),
    release: () => (released ??= release()),
  }
}

const secretEnv = ({ secretEnv }: Container): Record<string, string> =>
  Object.fromEntries(secretEnv.map(({ name, source }) => [name, plaintext(source)]))
