// `dagger`: the subset of the CLI that the module is used through, on the embedded engine.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { describeFullDisk } from "../../lab/disk.ts"
import { platform } from "../container.ts"
import { startEngine } from "../engine.ts"
import { expectCalls, findModule, FunctionError, register } from "../module.ts"
import { tell } from "../progress.ts"
import { scrub } from "../secret.ts"
import { upwards } from "../workspace.ts"
import { runChain, type Session, show } from "./call.ts"
import { check } from "./check.ts"
import {
  callable,
  type Globals,
  mainObject,
  missingFlags,
  noGlobals,
  objectOf,
  readChain,
  readGlobals,
  readWords,
} from "./command.ts"
import { withDotenv } from "./dotenv.ts"
import { cliName, UsageError } from "./flags.ts"
import { help, list, usage } from "./help.ts"

const say = (text: string) => process.stderr.write(`${scrub(text)}\n`)

/** Prints what went wrong and gives the exit code: that of the command when a command failed. */
const fail = (error: unknown, path: string): number => {
  const { message } = error as Error
  const values =
    error instanceof FunctionError
      ? error.values
      : ((error as { extensions?: Record<string, unknown> }).extensions ?? {})
  say(`Error: ${message}`)
  const full = describeFullDisk([message, values.stdout, values.stderr].join("\n"))
  if (full) say(full)
  if (error instanceof UsageError) say(`Run '${(error as { path?: string }).path ?? path} --help' for usage.`)
  if (values._type !== "EXEC_ERROR") return 1
  if (values.stdout) say(`Stdout:\n${values.stdout as string}`)
  if (values.stderr) say(`Stderr:\n${values.stderr as string}`)
  return Number(values.exitCode) || 1
}

const call = async (session: Session, words: string[], globals: Globals): Promise<void> => {
  const main = mainObject(session.model, session.module.name)
  // Help is for the function before it, wherever it stands; required flags do not matter then.
  const [first, ...rest] = readChain(words, session.model, main, globals)
  const chain = [withDotenv(first!, session.module, session.model), ...rest],
    last = chain.at(-1)!
  if (globals.help) return void process.stdout.write(help(last, session.model))
  for (const link of chain) {
    const missing = missingFlags(link).map(({ name }) => cliName(name))
    if (missing.length > 0)
      throw Object.assign(new UsageError(`required flag(s) "${missing.join('", "')}" not set`), { path: link.path })
  }
  await show(session, last, await runChain(session, chain), globals)
}

const functions = (session: Session, words: string[], globals: Globals): void => {
  const names = readWords(words, globals)
  const walk = (
    names: string[],
    object = mainObject(session.model, session.module.name),
  ): ReturnType<typeof mainObject> => {
    const [name, ...rest] = names
    if (name === undefined) return object
    const found = callable(session.model, object).find(each => cliName(each.name) === cliName(name))
    if (!found) throw new Error(`no function "${name}" in type "${object.name}"`)
    const next = objectOf(session.model, found.returns)
    if (!next)
      throw new Error(
        `function "${name}" returns type "${found.returns.kind}_KIND" with no further functions available`,
      )
    return walk(rest, next)
  }
  process.stdout.write(list(callable(session.model, walk(names))))
}

const commands: Record<string, (session: Session, words: string[], globals: Globals) => Promise<void> | void> = {
  call,
  functions,
  check,
  checks: check,
}

const main = async (words: string[]): Promise<number> => {
  const globals = { ...noGlobals }
  readGlobals(words, globals)
  const name = words.shift()
  if (name === undefined) return (process.stdout.write(usage), 0)
  if (name === "version") return (process.stdout.write(`dagger v0.21.9 (embedded engine) ${platform}\n`), 0)
  const command = commands[name]
  if (!command) throw new Error(`unknown command or file "${name}" for "dagger"`)
  // The module is found, and the amount of progress known, before the rest of the line can be read.
  const early = earlyGlobals(words, { ...globals })
  tell(!early.silent && !early.quiet, early.verbose)
  const engine = await startEngine()
  const interrupted = () => void engine.stop().finally(() => process.exit(130))
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted)
  try {
    const module = findModule(early.module ?? toolchainIn(words))
    expectCalls(1)
    await command({ module, model: await register(module, engine.port), port: engine.port }, words, globals)
    return 0
  } catch (error) {
    return fail(error, `dagger ${name}`)
  } finally {
    await engine.stop()
  }
}

/** Where the module is whose name, as a toolchain of the caller's dagger.json, is the first word; the word goes. */
const toolchainIn = (words: string[]): string | undefined => {
  const root = upwards(process.cwd(), "dagger.json")
  if (!root) return undefined
  const { toolchains = [] } = JSON.parse(readFileSync(join(root, "dagger.json"), "utf8")) as {
    toolchains?: Toolchain[]
  }
  const named = toolchains.find(({ name }) => name === words[0])
  if (named) words.shift()
  return named && join(root, named.source)
}
interface Toolchain {
  name: string
  source: string
}

/** Reads -m and the verbosity wherever they stand, letting other words pass. */
const earlyGlobals = (words: string[], globals: Globals): Globals => {
  for (const [i, word] of words.entries()) {
    const [, module] = /^(?:-m=?|--mod=)(.+)$/.exec(word) ?? []
    if (module) globals.module = module
    else if (word === "-m" || word === "--mod") globals.module = words[i + 1]
    else if (/^(-s|--silent)$/.test(word)) globals.silent = true
    else if (/^(-q+|--quiet)$/.test(word)) globals.quiet = true
    else if (/^(-v+|--verbose)$/.test(word)) globals.verbose = true
  }
  return globals
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = fail(error, "dagger")
}
