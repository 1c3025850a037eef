// What the OCI runtime is told of a container: https://github.com/opencontainers/runtime-spec, with what BuildKit allows a container.
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** Where something is mounted, and how. */
export interface SpecMount {
  destination: string
  type: "bind" | "tmpfs"
  source: string
  options: string[]
}

export interface User {
  uid: number
  gid: number
  additionalGids: number[]
}

/** A process and what it sees. */
export interface Contained {
  /** Of the container, which is its host's name too. */
  name: string
  root: string
  args: string[]
  env: string[]
  cwd: string
  user: User
  mounts: SpecMount[]
  /** Path of its network namespace. */
  network: string
  /** Whether it may do what the host's root may. */
  isPrivileged: boolean
}

/** Capabilities by their number. */
const CAPABILITIES =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split(
    " ",
  )
const USUAL =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE".split(
    " ",
  )

/** Those that a container gets, of those that this process may hand on. */
const capabilitiesOf = (isPrivileged: boolean): string[] => {
  const [, bounding] = /^CapBnd:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))!
  const held = CAPABILITIES.filter((_, number) => (BigInt(`0x${bounding}`) >> BigInt(number)) & 1n)
  return held.filter(name => isPrivileged || USUAL.includes(name)).map(name => `CAP_${name}`)
}

const MASKED = ["acpi", "asound", "kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug", "scsi"]
const READ_ONLY = ["bus", "fs", "irq", "sys", "sysrq-trigger"]
const inProc = (names: string[]) => names.map(name => `/proc/${name}`)

const isUnified = existsSync("/sys/fs/cgroup/cgroup.controllers")

const systemMounts = (access: "ro" | "rw") => [
  { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
  {
    destination: "/dev",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
  },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
  },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", access] },
  { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", access] },
]

/** The host's devices, for who may use them. */
const devices = () =>
  readdirSync("/dev").flatMap(name => {
    const path = join("/dev", name),
      stats = lstatSync(path, { throwIfNoEntry: false })
    if (!stats?.isCharacterDevice() && !stats?.isBlockDevice()) return []
    const [major, minor] = [(stats.rdev >> 8) & 0xfff, (stats.rdev & 0xff) | ((stats.rdev >> 12) & 0xfff00)]
    const { uid, gid } = stats
    return [{ path, type: stats.isBlockDevice() ? "b" : "c", major, minor, fileMode: stats.mode & 0o777, uid, gid }]
  })

interface Rule {
  names: string[]
  action: string
  args?: object[] | null
  includes?: Condition
  excludes?: Condition
  errnoRet?: number
}
interface Condition {
  caps?: string[]
  arches?: string[]
}
const PROFILE = "/usr/share/containers/seccomp.json"

/** Podman's profile of system calls, for who has no other capabilities than these. */
const seccomp = (capabilities: string[]) => {
  if (!existsSync(PROFILE)) return undefined
  const profile = JSON.parse(readFileSync(PROFILE, "utf8")) as {
    defaultAction: string
    defaultErrnoRet?: number
    archMap: { architecture: string; subArchitectures: string[] }[]
    syscalls: Rule[]
  }
  const [own, machine] = process.arch === "arm64" ? ["arm64", "AARCH64"] : ["amd64", "X86_64"]
  const holds = ({ caps = [], arches = [] }: Condition = {}) =>
    caps.every(name => capabilities.includes(name)) && (arches.length === 0 || arches.includes(own))
  const excludes = ({ caps = [], arches = [] }: Condition = {}) =>
    caps.some(name => capabilities.includes(name)) || arches.includes(own)
  return {
    defaultAction: profile.defaultAction,
    defaultErrnoRet: profile.defaultErrnoRet,
    architectures: profile.archMap
      .filter(({ architecture }) => architecture === `SCMP_ARCH_${machine}`)
      .flatMap(({ architecture, subArchitectures }) => [architecture, ...subArchitectures]),
    syscalls: profile.syscalls
      .filter(rule => holds(rule.includes) && !excludes(rule.excludes))
      .map(({ names, action, args, errnoRet }) => ({ names, action, args: args ?? [], errnoRet })),
  }
}

/** The same for every container that is not privileged. */
let profile: ReturnType<typeof seccomp>

/** The configuration of a container, a bundle's config.json. */
export const specOf = ({ name, root, args, env, cwd, user, mounts, network, isPrivileged }: Contained) => {
  const capabilities = capabilitiesOf(isPrivileged)
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user,
      args,
      env,
      cwd,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: root, readonly: false },
    hostname: name,
    mounts: [...systemMounts(isPrivileged ? "rw" : "ro"), ...mounts],
    linux: {
      namespaces: [
        ...["pid", "ipc", "uts", "mount", ...(isUnified ? ["cgroup"] : [])].map(type => ({ type })),
        { type: "network", path: network },
      ],
      cgroupsPath: `/cloud-native/${name}`,
      ...(isPrivileged
        ? { devices: devices(), resources: { devices: [{ allow: true, access: "rwm" }] } }
        : {
            resources: { devices: [{ allow: false, access: "rwm" }] },
            seccomp: (profile ??= seccomp(capabilities)),
            maskedPaths: [...inProc(MASKED), "/sys/firmware"],
            readonlyPaths: inProc(READ_ONLY),
          }),
    },
  }
}
