import { createHash, randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { cachePath, withLock } from "./cache.ts"
import { isInstalled, type Result, run, type RunOptions } from "./process.ts"
import { step } from "./progress.ts"

/** Runs the lab's own Podman: its settings, images, containers and networks are apart from the host's. */
export async function podman(args: string[], { env, ...options }: RunOptions = {}): Promise<Result> {
  await preparePodman()
  return run(["podman", ...args], { ...options, env: { ...podmanEnvironment(), ...env } })
}

/** Where the lab's networks and those of the embedded engine have their addresses: not those that the host's own Podman hands out. */
export const NETWORKS = "10.86.0.0/16"

let prepared: Promise<unknown> | undefined

/**
 * Sees to it that there is Podman, with the programs that it brings, and that networks lead where they should.
 *
 * A network's own route comes and goes with its containers; without it, whatever is sent to their addresses would
 * leave the machine by the default route, and something out there might answer. Rootless Podman has routes of its own.
 */
export function preparePodman(): Promise<unknown> {
  return (prepared ??= prepare())
}

async function prepare(): Promise<void> {
  await ensureProgram("podman", [
    "podman",
    "runc",
    "skopeo",
    "netavark",
    "aardvark-dns",
    "iptables",
    "catatonit",
    "uidmap",
    "iproute2",
  ])
  // A Podman that was there before may have come with others.
  for (const [program, debianPackage] of [
    ["runc", "runc"],
    ["iptables", "iptables"],
    ["ip", "iproute2"],
  ] as const)
    await ensureProgram(program, [debianPackage])
  if (process.getuid?.() !== 0) return
  await run(["ip", "route", "replace", "unreachable", NETWORKS, "metric", "4000000000"])
  // A bridge has the lowest hardware address of its ports, so that each container that comes or goes may change it: told
  // of it, the others do not send to the old one, for up to a minute, what is meant for the world beyond the bridge.
  writeFileSync("/proc/sys/net/ipv4/conf/default/arp_notify", "1")
}

let environment: NodeJS.ProcessEnv | undefined

/** The environment that makes any `podman`, `buildah` or `skopeo` the lab's own. */
export function podmanEnvironment(): NodeJS.ProcessEnv {
  environment ??= {
    ...process.env,
    CONTAINERS_CONF: settingsFile("containers.conf", containersConf()),
    CONTAINERS_STORAGE_CONF: settingsFile("storage.conf", storageConf()),
    CONTAINERS_REGISTRIES_CONF: settingsFile("registries.conf", 'unqualified-search-registries = ["docker.io"]\n'),
  }
  return environment
}

/** Installs a program with apt-get where that is possible, else says what to install. */
export async function ensureProgram(program: string, debianPackages: string[]): Promise<void> {
  if (isInstalled(program)) return
  if (!isInstalled("apt-get") || process.getuid?.() !== 0)
    throw new Error(
      `${program} is needed and not on this machine: install it (on Debian and Ubuntu: sudo apt-get install ${debianPackages.join(" ")}).`,
    )
  await withLock("apt-get", async () => {
    if (isInstalled(program)) return
    await step(`installing ${program}`, "30 s", async () => {
      const apt = (...args: string[]) =>
        run(["apt-get", "-qq", ...args], { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } })
      try {
        await apt("update")
        await apt("install", "-y", "--no-install-recommends", ...debianPackages)
      } catch (error) {
        throw new Error(
          `${program} is needed and could not be installed: run "apt-get install ${debianPackages.join(" ")}". ${(error as Error).message}`,
          { cause: error },
        )
      }
    })
  })
}

function containersConf(): string {
  const cgroup2 = existsSync("/sys/fs/cgroup/cgroup.controllers")
  const systemd = existsSync("/run/systemd/system")
  return [
    "[containers]",
    // Podman's own default limits are an error where the machine allows less.
    `default_ulimits = ["nofile=${hardLimit("Max open files", 20_000)}", "nproc=${hardLimit("Max processes", 10_000)}"]`,
    'log_driver = "k8s-file"',
    "[network]",
    `network_config_dir = "${cachePath("networks")}"`,
    'default_subnet = "10.85.0.0/16"',
    `default_subnet_pools = [{ base = "${NETWORKS}", size = 24 }]`,
    "[engine]",
    // crun, the default, refuses cgroup v1.
    ...(cgroup2 ? [] : ['runtime = "runc"']),
    ...(systemd ? [] : ['cgroup_manager = "cgroupfs"']),
    'events_logger = "file"',
    'lock_type = "file"',
    `tmp_dir = "${runtimePath("libpod")}"`,
    "",
  ].join("\n")
}

function storageConf(): string {
  const root = cachePath("containers")
  return [
    "[storage]",
    'driver = "overlay"',
    `graphroot = "${root}"`,
    `rootless_storage_path = "${root}"`,
    `runroot = "${runtimePath("containers")}"`,
    "",
  ].join("\n")
}

/** Where state lives that must not outlast a reboot. */
function runtimePath(name: string): string {
  const root = process.getuid?.() === 0 ? "/run" : process.env.XDG_RUNTIME_DIR || "/tmp"
  const cache = createHash("sha256").update(cachePath()).digest("hex").slice(0, 8)
  return join(root, `cloud-native-${cache}`, name)
}

function hardLimit(name: string, wanted: number): string {
  const limits = existsSync("/proc/self/limits") ? readFileSync("/proc/self/limits", "utf8") : ""
  const hard = Number(
    limits
      .split("\n")
      .find(line => line.startsWith(name))
      ?.slice(26)
      .trim()
      .split(/\s+/)[1],
  )
  const value = Number.isNaN(hard) ? wanted : Math.min(hard, wanted)
  return `${value}:${value}`
}

function settingsFile(name: string, content: string): string {
  const path = cachePath("settings", name)
  if (!existsSync(path) || readFileSync(path, "utf8") !== content) {
    mkdirSync(cachePath("settings"), { recursive: true })
    const temporary = `${path}.${randomBytes(4).toString("hex")}`
    writeFileSync(temporary, content)
    renameSync(temporary, path)
  }
  return path
}
