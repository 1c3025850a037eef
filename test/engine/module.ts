// The user's module: where it is, what it registers, and calls of its functions.
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"

import { GraphQLError } from "graphql"

import { type Container, containerKey } from "./container.ts"
import { evaluate } from "./evaluate.ts"
import { type FunctionType, type Model, readModel, type TypeRef } from "./model.ts"
import { lineLogger, log } from "./progress.ts"
import { byId, lasting, Recipe, recipe, write } from "./recipe.ts"
import { clientStub, hire, loadable, sdkVersion } from "./runtime.ts"
import type { Secret } from "./secret.ts"
import { admit, type Call, dismiss } from "./server.ts"
import { digestOf, once, recall, remember } from "./store.ts"
import { describeTree, importTree, walk } from "./tree.ts"
import type { Assignment } from "./worker.ts"
import { upwards } from "./workspace.ts"

export interface Module {
  name: string
  /** Folder of its dagger.json. */
  root: string
  /** Folder of the git repository around it, or its own. */
  context: string
  files: string[]
  source: Recipe
  key: string
}

export const findModule = (reference = "."): Module => {
  const start = resolve(reference),
    root =
      reference === "." ? upwards(start, "dagger.json") : existsSync(join(start, "dagger.json")) ? start : undefined
  if (!root) throw new Error(`module not found: no dagger.json in ${start}${reference === "." ? " or above" : ""}`)
  const {
    name,
    source = ".",
    sdk,
  } = JSON.parse(readFileSync(join(root, "dagger.json"), "utf8")) as {
    name: string
    source?: string
    sdk?: { source: string }
  }
  if (sdk?.source !== "typescript")
    throw new Error(`module ${name}: the embedded engine runs the typescript SDK only, not ${sdk?.source ?? "none"}`)
  const folder = join(root, source),
    filter = { exclude: ["node_modules", "sdk"] }
  const entries = walk(folder, filter)
  const files = entries
    .filter(({ path, stats }) => stats.isFile() && path.startsWith("src/") && path.endsWith(".ts"))
    .map(({ path }) => join(folder, path))
  if (files.length === 0) throw new Error(`module ${name}: no TypeScript files in ${join(folder, "src")}`)
  const stored = recipe("Directory", "Directory.stored", undefined, {
    ...importTree(folder, filter, { owner: { uid: 0, gid: 0 } }),
  })
  return {
    name,
    root,
    files,
    source: stored,
    context: upwards(root, ".git") ?? root,
    key: digestOf(["module", name, [...describeTree(folder, entries)], sdkVersion()]),
  }
}

const waiting: Promise<ChildProcess>[] = []
let ahead = 0
/** Says how many calls are to come, so that the SDK is loaded for the next one while something else is going on. */
export const expectCalls = (count: number): void => {
  ahead = count
  if (ahead > 0 && waiting.length === 0) waiting.push(hire())
}
export const dismissWorkers = (): void => {
  waiting.splice(0).forEach(worker => void worker.then(process => process.kill("SIGKILL")))
}

/** An error that the module returned, with what it says beyond the message. */
export class FunctionError extends Error {
  constructor(
    message: string,
    readonly values: Record<string, unknown>,
  ) {
    super(message)
  }
}
const functionError = (error: Recipe): FunctionError => {
  const values: Record<string, unknown> = {}
  let at = error
  for (; at.field === "Error.withValue"; at = at.parent!)
    values[at.args.name as string] = JSON.parse(at.args.value as string)
  return new FunctionError(at.args.message as string, values)
}

interface Answer {
  value: unknown
  readsWorkspace: boolean
}
const invoke = async (module: Module, port: number, of: Omit<Call, "module" | "source">): Promise<Answer> => {
  const token = randomBytes(16).toString("hex"),
    call: Call = { module: module.name, source: module.source, ...of }
  const files = [...module.files, await clientStub()]
  const worker = await (waiting.pop() ?? hire())
  expectCalls(ahead)
  admit(token, call)
  let last = ""
  for (const stream of [worker.stdout!, worker.stderr!]) {
    const logger = lineLogger(of.function || of.parentName || module.name)
    stream
      .setEncoding("utf8")
      .on("data", (part: string) => {
        last = (last + part).slice(-4000)
        logger.write(part)
      })
      .on("end", () => logger.end())
  }
  const ended = new Promise<number>((done, fail) =>
    worker.on("error", fail).on("close", (code, signal) => done(code ?? (signal ? 137 : 1))),
  )
  worker.send({ port, token, files, loadable: await loadable(module.key, files) } satisfies Assignment)
  const exitCode = await ended
  dismiss(token)
  if (!call.answer)
    throw new GraphQLError(`the module's process ended without an answer (exit code ${exitCode})\n${last.trim()}`)
  if ("error" in call.answer) throw functionError(call.answer.error)
  return { value: call.answer.value, readsWorkspace: call.readsWorkspace ?? false }
}

export const register = (module: Module, port: number): Promise<Model> =>
  once(`model ${module.key}`, async () => {
    const key = digestOf(["model", module.key, readFileSync(join(import.meta.dirname, "model.ts"), "utf8")])
    const known = recall<Model>(key)
    if (known) return known
    log(`loading module ${module.name}`)
    const { value: id } = await invoke(module, port, { parentName: "", function: "", parent: {}, args: {} })
    const model = readModel(byId(id as string))
    remember(key, model, [])
    return model
  })

/** Ids of secrets and containers stand for what they hold now: a secret may have changed, a tag moved. */
const argumentKey = async (type: TypeRef, value: unknown): Promise<unknown> => {
  if (Array.isArray(value)) return Promise.all(value.map(inner => argumentKey(type.of ?? type, inner)))
  if (type.kind !== "OBJECT" || typeof value !== "string") return value
  // The repository may be another, or have changed: what has looked into it is not kept.
  if (type.name === "Workspace") return null
  if (type.name === "Secret") return (await evaluate<Secret>(byId(value))).secret
  return type.name === "Container" ? containerKey(await evaluate<Container>(byId(value))) : value
}

const ids = (value: unknown): string[] => {
  if (typeof value === "string") return /^[A-Z]\w*@[0-9a-f]{40}$/.test(value) ? [value] : []
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(ids) : []
}
const usable = (value: unknown): boolean => {
  try {
    return ids(value).every(id => lasting(byId(id)))
  } catch {
    return false
  }
}

const results = new Map<string, Promise<unknown>>()

/** Calls a function, or takes its answer from an earlier call, as its cache policy allows. */
export const callFunction = async (
  module: Module,
  port: number,
  object: string,
  { name, cache, args: types }: FunctionType,
  parent: unknown,
  args: Record<string, unknown>,
): Promise<unknown> => {
  ahead--
  const run = () => invoke(module, port, { parentName: object, function: name, parent, args })
  if (cache === "Never") return (await run()).value
  const keys = await Promise.all(types.map(({ name, type }) => argumentKey(type, args[name])))
  const key = digestOf(["call", module.key, object, name, parent, keys])
  const first = results.get(key)
  if (first) return first
  const result = (async () => {
    const known = cache === "Default" ? recall<{ value: unknown }>(key) : undefined
    if (known && usable(known.value)) {
      log(`${object}.${name || "new"}: cached`)
      return known.value
    }
    const { value, readsWorkspace } = await run()
    if (cache === "Default" && !readsWorkspace && usable(value)) {
      ids(value).forEach(id => write(byId(id)))
      remember(key, { value }, [])
    }
    return value
  })()
  results.set(key, result)
  result.catch(() => results.delete(key))
  return result
}
