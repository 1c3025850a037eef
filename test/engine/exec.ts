// Running commands in containers.
import { spawn } from "node:child_process"
import { existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { StringDecoder } from "node:string_decoder"

import { GraphQLError } from "graphql"

import { podmanEnvironment } from "../lab/podman.ts"
import { absolute, type Container, containerKey, expand, type Mount, type Outcome } from "./container.ts"
import { addMakers } from "./evaluate.ts"
import { containerName, label, sessionNetwork } from "./network.ts"
import { keepLayer, mountOverlay, type Overlay, within } from "./overlay.ts"
import { brief, lineLogger, log } from "./progress.ts"
import { mountStack, resolveOwner, rootStack } from "./rootfs.ts"
import { plaintext, scrub, secretFile } from "./secret.ts"
import { bind, type Bound } from "./service.ts"
import { cached, digestOf, folder, used } from "./store.ts"
import { copyEntries, directoryPath, filePath, importFile, importTree, walk } from "./tree.ts"

type FileMount = Mount & { kind: "directory" | "file" }

/** A container ready to be run: its file systems mounted, its flags written. */
interface Prepared {
  name: string
  flags: string[]
  env: NodeJS.ProcessEnv
  root: Overlay
  mounts: Map<Mount, Overlay>
  /** Digests of the secrets it can see. */
  secrets: string[]
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

/** Podman makes what it mounts on; what was not there before is not the container's own. */
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
      const empty = stats?.isDirectory() ? readdirSync(at).length === 0 : stats?.size === 0 || path === "/etc/mtab"
      if (stats && empty) rmSync(at, { recursive: true })
    }
  }
}
const podmanPaths = [
  "/dev",
  "/proc",
  "/sys",
  "/etc/hosts",
  "/etc/hostname",
  "/etc/resolv.conf",
  "/etc/mtab",
  "/run/.containerenv",
  "/run/secrets",
]

const defaultEnv = [["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]] as const

export const prepare = async (
  container: Container,
  options: { insecureRootCapabilities?: boolean },
  hosts: Bound[],
): Promise<Prepared> => {
  const { config } = container,
    name = containerName(),
    root = await mountOverlay(await rootStack(container))
  const mounts = new Map<Mount, Overlay>()
  const secretEnv = Object.fromEntries(container.secretEnv.map(({ name, source }) => [name, plaintext(source)]))
  const visible = [...defaultEnv, ...config.env].filter(([name]) => !(name in secretEnv))
  const flags = [
    "--name",
    name,
    "--label",
    label,
    "--log-driver",
    "none",
    "--passwd=false",
    "--unsetenv-all",
    "--security-opt",
    "label=disable",
    "--network",
    await sessionNetwork(),
    "--stop-timeout",
    "2",
    ...hosts.flatMap(({ alias, ip }) => ["--add-host", `${alias}:${ip}`]),
    ...visible.flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    // By name only: the values go through podman's environment, where no process list shows them.
    ...Object.keys(secretEnv).flatMap(name => ["--env", name]),
    ...(config.user ? ["--user", config.user] : []),
    ...(options.insecureRootCapabilities ? ["--privileged"] : []),
  ]
  const workdir = config.workdir || "/"
  mkdirSync(within(root.path, workdir), { recursive: true })
  flags.push("--workdir", workdir)
  const tidy = stubs(root.path, [...podmanPaths, ...container.mounts.map(({ path }) => path)])
  for (const mount of container.mounts) {
    if (mount.kind === "temp")
      flags.push("--tmpfs", `${mount.path}:rw,exec,dev,suid,mode=1777${mount.size ? `,size=${mount.size}` : ""}`)
    if (mount.kind === "cache") flags.push("--volume", `${volumePath(root.path, mount)}:${mount.path}`)
    if (mount.kind === "secret") {
      const owner = mount.owner ? resolveOwner(root.path, mount.owner) : { uid: 0, gid: 0 }
      flags.push("--volume", `${secretFile(mount.source, { mode: mount.mode, ...owner })}:${mount.path}:ro`)
    }
    if (mount.kind === "directory" || mount.kind === "file") {
      const overlay = await mountOverlay(mountStack(withOwner(root.path, mount)))
      mounts.set(mount, overlay)
      const from = mount.kind === "file" ? join(overlay.path, mount.source.name) : overlay.path
      flags.push("--volume", `${from}:${mount.path}${mount.kind === "directory" && mount.readOnly ? ":ro" : ""}`)
    }
  }
  return {
    name,
    flags,
    root,
    mounts,
    tidy,
    env: { ...podmanEnvironment(), ...secretEnv },
    secrets: [...container.secretEnv, ...container.mounts.filter(mount => mount.kind === "secret")].map(
      ({ source }) => source.secret,
    ),
    release: async () => {
      await Promise.all([root, ...mounts.values()].map(overlay => overlay.release()))
    },
  }
}

/** Starts a prepared container in the foreground; its end is the end of the child process. */
export const start = (
  { name, flags, env, root, secrets }: Prepared,
  command: string[],
  { stdin = "", prefix = name } = {},
) => {
  const child = spawn(
    "podman",
    ["run", "--rm", ...(stdin ? ["--interactive"] : []), ...flags, "--rootfs", root.path, ...command],
    {
      env,
      stdio: [stdin ? "pipe" : "ignore", "pipe", "pipe"],
    },
  )
  child.stdin?.on("error", () => {})
  child.stdin?.end(stdin)
  const text = { stdout: "", stderr: "", combined: "" }
  const logger = lineLogger(prefix)
  for (const stream of ["stdout", "stderr"] as const) {
    const decoder = new StringDecoder("utf8")
    child[stream]!.on("data", (chunk: Buffer) => {
      const part = decoder.write(chunk)
      text[stream] += part
      text.combined += part
      logger.write(part)
    })
  }
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", code => {
      logger.end()
      const clean = (of: string) => scrub(of, secrets)
      resolve({
        exitCode: code ?? 137,
        stdout: clean(text.stdout),
        stderr: clean(text.stderr),
        combined: clean(text.combined),
      })
    })
  })
  return { child, ended, output: () => scrub(text.combined, secrets) }
}

export const commandOf = (
  { config }: Container,
  { args, useEntrypoint }: { args: string[]; useEntrypoint?: boolean },
): string[] => {
  const command = [...(useEntrypoint ? config.entrypoint : []), ...(args.length > 0 ? args : config.args)]
  if (command.length === 0) throw new GraphQLError("no command has been set")
  return command
}

export const execError = (
  cmd: string[],
  { exitCode, stdout, stderr }: Pick<Outcome, "exitCode" | "stdout" | "stderr">,
): GraphQLError =>
  new GraphQLError(`exit code: ${exitCode}`, {
    extensions: { _type: "EXEC_ERROR", cmd, exitCode, stdout: stdout.trim(), stderr: stderr.trim() },
  })

interface ExecArgs {
  args: string[]
  useEntrypoint: boolean
  stdin: string
  redirectStdin: string
  redirectStdout: string
  redirectStderr: string
  expect: "SUCCESS" | "FAILURE" | "ANY"
  insecureRootCapabilities: boolean
  expand: boolean
}

/** A process that a signal ended (128 and more) is never as expected. */
const expected = (expect: ExecArgs["expect"], exitCode: number): boolean =>
  exitCode <= 127 && (expect === "ANY" || (expect === "SUCCESS") === (exitCode === 0))

/** What an exec leaves behind: layers, and what it said. */
interface Left {
  layers: string[]
  mounts: string[][]
  outcome: Outcome
}

const queues = new Map<string, Promise<unknown>>()
/** One exec at a time for each of the locked volumes. */
const inTurn = <T>(volumes: string[], body: () => Promise<T>): Promise<T> =>
  volumes.reduceRight<() => Promise<T>>(
    (inner, volume) => () => {
      const turn = (queues.get(volume) ?? Promise.resolve()).then(inner, inner)
      queues.set(
        volume,
        turn.catch(() => {}),
      )
      return turn
    },
    body,
  )()

const keep = (overlay: Overlay, name: string): string[] =>
  readdirSync(overlay.upper).length > 0 ? [keepLayer(overlay, name)] : []

const execute = async (container: Container, options: ExecArgs, command: string[], key: string): Promise<Left> => {
  const services = await bind(container.bindings)
  const prepared = await prepare(container, options, services.hosts)
  try {
    log(`exec ${brief(command)}`)
    const inside = (path: string) => within(prepared.root.path, absolute(container, path))
    const stdin = options.redirectStdin ? readFileSync(inside(options.redirectStdin), "utf8") : options.stdin
    const running = start(prepared, command, { stdin, prefix: brief(command).slice(0, 24) })
    const outcome = await Promise.race([running.ended, services.failed])
    // Only podman itself ends like this; a command's own 125 has no such last line.
    if (outcome.exitCode === 125 && /^Error: .*$/m.test(outcome.stderr.trim().split("\n").at(-1) ?? ""))
      throw new Error(outcome.stderr.trim())
    if (!expected(options.expect, outcome.exitCode)) throw execError(command, outcome)
    for (const [path, text] of [
      [options.redirectStdout, outcome.stdout],
      [options.redirectStderr, outcome.stderr],
    ] as const) {
      if (!path) continue
      mkdirSync(dirname(inside(path)), { recursive: true })
      writeFileSync(inside(path), text)
    }
    prepared.tidy()
    await prepared.release()
    return {
      layers: keep(prepared.root, key),
      mounts: container.mounts.map((mount, i) =>
        prepared.mounts.has(mount) ? keep(prepared.mounts.get(mount)!, digestOf([key, i])) : [],
      ),
      outcome,
    }
  } catch (error) {
    await services.kill(prepared.name)
    await prepared.release()
    throw error
  } finally {
    services.release()
  }
}

addMakers({
  "Container.withExec": async (container: Container, options: ExecArgs): Promise<Container> => {
    const args = options.expand ? options.args.map(arg => expand(container, arg)) : options.args
    const command = commandOf(container, { ...options, args })
    const key = digestOf(["exec", containerKey(container), { ...options, args: command }])
    const locked = container.mounts.flatMap(mount => (mount.kind === "cache" && mount.exclusive ? [mount.volume] : []))
    const left = await cached<Left>(
      key,
      ({ layers, mounts }) => [...layers, ...mounts.flat()].map(layer => `layers/${layer}`),
      () => inTurn([...locked].sort(), () => execute(container, options, command, key)),
    )
    return {
      ...container,
      imageRef: undefined,
      layers: [...container.layers, ...left.layers],
      mounts: container.mounts.map((mount, i) =>
        "layers" in mount ? { ...mount, layers: [...mount.layers, ...left.mounts[i]!] } : mount,
      ),
      outcome: left.outcome,
    }
  },
})
