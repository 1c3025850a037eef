// Running commands in containers.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

import { GraphQLError } from "graphql"

import { absolute, type Container, containerKey, expand, type Outcome } from "./container.ts"
import { addMakers } from "./evaluate.ts"
import { keepLayer, type Overlay, within } from "./overlay.ts"
import { prepare } from "./prepare.ts"
import { brief, log } from "./progress.ts"
import { start, type Started } from "./runc.ts"
import { bind } from "./service.ts"
import { cached, digestOf } from "./store.ts"

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
  const prepared = await prepare(container, options, command, services.hosts)
  let running: Started | undefined
  try {
    log(`exec ${brief(command)}`)
    const inside = (path: string) => within(prepared.root.path, absolute(container, path))
    const stdin = options.redirectStdin ? readFileSync(inside(options.redirectStdin), "utf8") : options.stdin
    running = start(prepared, { stdin, prefix: brief(command).slice(0, 24) })
    const outcome = await Promise.race([running.ended, services.failed])
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
    await running?.stop()
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
      ran: key,
      outcome: left.outcome,
    }
  },
})
