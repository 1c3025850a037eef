// Containers, run by the OCI runtime itself: through Podman, each would take ten times as long.
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { StringDecoder } from "node:string_decoder"
import { setTimeout as pause } from "node:timers/promises"

import { run } from "../lab/process.ts"
import type { Outcome } from "./container.ts"
import { lineLogger } from "./progress.ts"
import { scrub } from "./secret.ts"
import { secretFolder, session } from "./store.ts"

/** What the runtime keeps of a session's containers. In memory, as their configuration is: it has the values of secrets. */
const state = (of: string) => join(secretFolder(of), "runtime")
const runc = (of: string): [string, ...string[]] => ["runc", "--root", state(of)]
const bundle = (name: string) => join(secretFolder(), "bundles", name)

/** A file of a container's own, in memory. */
export const ownFile = (name: string, file: string, contents: string, mode = 0o644): string => {
  mkdirSync(bundle(name), { recursive: true, mode: 0o711 })
  const path = join(bundle(name), file)
  writeFileSync(path, contents, { mode })
  return path
}

/** Removes a container's own files. */
export const discard = (name: string): void => rmSync(bundle(name), { recursive: true, force: true })

const log = (name: string) => join(bundle(name), "log")

/** What kept runc from starting a container, if anything did; of a command that has ended it logs, too, what it could not tidy up. */
const failureOf = (name: string): string | undefined => {
  if (!existsSync(log(name))) return undefined
  const lines = readFileSync(log(name), "utf8")
    .split("\n")
    .filter(line => line.startsWith("{"))
  return lines.map(line => (JSON.parse(line) as { msg: string }).msg).find(message => message.startsWith(NOT_RUN))
}
const NOT_RUN = "runc run failed: "

/** The exit code for a command that cannot be run, as shells have it; undefined: something else went wrong. */
const exitCodeOf = (failure: string): number | undefined => {
  if (!/unable to start container process: (error during container init: )?exec: /.test(failure)) return undefined
  return /not found|no such file/.test(failure) ? 127 : 126
}

export interface Started {
  /** The container is over. */
  ended: Promise<Outcome>
  /** Ends it: it may take so many milliseconds to end by itself. */
  stop(grace?: number): Promise<void>
}

const launch = (name: string, spec: object, stdin: string) => {
  mkdirSync(state(session), { recursive: true, mode: 0o700 })
  ownFile(name, "config.json", JSON.stringify(spec), 0o600)
  const logging = ["--log", log(name), "--log-format", "json"]
  const [program, ...flags] = runc(session)
  const child = spawn(program, [...flags, ...logging, "run", "--bundle", bundle(name), name], {
    stdio: [stdin ? "pipe" : "ignore", "pipe", "pipe"],
  })
  child.stdin?.on("error", () => {})
  child.stdin?.end(stdin)
  return child
}

/** Starts a container in the foreground. `secrets`: digests of those that its output may show. */
export const start = (
  { name, spec, secrets }: { name: string; spec: object; secrets: string[] },
  { stdin = "", prefix = name } = {},
): Started => {
  const child = launch(name, spec, stdin)
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
  let isOver = false
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", code => {
      isOver = true
      logger.end()
      const clean = (of: string) => scrub(of, secrets)
      const failure = failureOf(name)
      const exitCode = failure === undefined ? (code ?? 137) : exitCodeOf(failure)
      if (exitCode === undefined) return reject(new Error(clean(failure!)))
      resolve({ exitCode, stdout: clean(text.stdout), stderr: clean(text.stderr), combined: clean(text.combined) })
    })
  })
  return {
    ended,
    stop: async (grace = 0) => {
      const deadline = Date.now() + grace
      child.kill("SIGTERM")
      while (!isOver) {
        if (Date.now() >= deadline) await kill(name)
        await Promise.race([ended.catch(() => {}), pause(100)])
      }
    },
  }
}

/** Ends a container, if it runs. */
const kill = async (name: string): Promise<void> => {
  await run([...runc(session), "kill", name, "KILL"], { check: false })
}

/** Takes away all containers of a session. */
export const removeContainers = async (of: string): Promise<void> => {
  if (!existsSync(state(of))) return
  const { stdout } = await run([...runc(of), "list", "--quiet"])
  for (const name of stdout.split("\n").filter(Boolean))
    await run([...runc(of), "delete", "--force", name], { check: false })
}
