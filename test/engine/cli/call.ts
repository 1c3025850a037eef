// Running a chain of functions and showing what it gives.
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

import { evaluate } from "../evaluate.ts"
import type { Argument, Model, ObjectType, TypeRef } from "../model.ts"
import { callFunction, expectCalls, type Module } from "../module.ts"
import { type Recipe, recipe } from "../recipe.ts"
import { scrub } from "../secret.ts"
import { answer } from "../server.ts"
import { digestOf } from "../store.ts"
import { type Globals, type Link, pascal } from "./command.ts"
import { UsageError } from "./flags.ts"

export interface Session {
  module: Module
  model: Model
  port: number
}

const address = (type: string, value: string, args: Record<string, unknown> = {}): Recipe =>
  recipe(type, `Address.${type.toLowerCase()}`, recipe("Address", "Query.address", undefined, { value }), args)

/** An object by the address that a flag gives. Files and folders are read now, so that they are known by content. */
const objectAt = async (type: string, value: string, ignore: string[] = []): Promise<string> => {
  switch (type) {
    case "Directory":
      return recipe(type, "Directory.stored", undefined, {
        ...(await evaluate<object>(address(type, value, { exclude: ignore, include: [] }))),
      }).id
    case "File":
      return recipe(type, "File.stored", undefined, { ...(await evaluate<object>(address(type, value))) }).id
    case "CacheVolume":
      return recipe(type, "Query.cacheVolume", undefined, { key: value }).id
    default: {
      const object = address(type, value)
      await evaluate(object)
      return object.id
    }
  }
}

const argument = async (arg: Argument, value: unknown): Promise<unknown> => {
  const read = (type: TypeRef, inner: unknown): unknown => {
    if (type.kind === "LIST") return Promise.all((inner as unknown[]).map(each => read(type.of!, each)))
    return type.kind === "OBJECT" ? objectAt(type.name!, inner as string, arg.ignore) : inner
  }
  try {
    return await read(arg.type, value)
  } catch (error) {
    throw new UsageError(`failed to get value for argument ${JSON.stringify(arg.name)}: ${(error as Error).message}`)
  }
}

/** Absolute default paths start at the repository, relative ones at the module. */
const contextual = ({ module }: Session, { type, defaultPath, ignore }: Argument): Promise<string> =>
  objectAt(
    type.name!,
    defaultPath!.startsWith("/") ? join(module.context, defaultPath!) : resolve(module.root, defaultPath!),
    ignore,
  )

const argumentsOf = async (session: Session, { function: of, values }: Link): Promise<Record<string, unknown>> => {
  const given = await Promise.all(
    of.args.map(async (arg): Promise<[string, unknown]> => {
      if (arg.name in values) return [arg.name, await argument(arg, values[arg.name])]
      if (arg.type.name === "Workspace")
        return [arg.name, recipe("Workspace", "Query.currentWorkspace", undefined, {}).id]
      if (arg.defaultPath) return [arg.name, await contextual(session, arg)]
      return [arg.name, arg.defaultAddress ? await objectAt(arg.type.name!, arg.defaultAddress) : arg.default]
    }),
  )
  return Object.fromEntries(given.filter(([, value]) => value !== undefined && value !== null))
}

const literal = (type: TypeRef, value: unknown): string => {
  if (type.kind === "LIST") return `[${(value as unknown[]).map(inner => literal(type.of!, inner)).join(", ")}]`
  if (type.kind === "ENUM") return String(value)
  if (type.kind === "INPUT")
    return `{${Object.entries(value as object)
      .map(([name, inner]) => `${name}: ${name === "protocol" ? inner : JSON.stringify(inner)}`)
      .join(", ")}}`
  return JSON.stringify(value)
}

/** A field of the core API, asked for as any client does. */
export const select = async (
  id: string,
  type: string,
  name: string,
  args: string[] = [],
  isObject = false,
): Promise<unknown> => {
  const field = `${name}${args.length > 0 ? `(${args.join(", ")})` : ""}${isObject ? " { id }" : ""}`
  const { data, errors } = await answer(
    `{ node(id: ${JSON.stringify(id)}) { ... on ${type} { ${field} } } }`,
    undefined,
    {},
  )
  if (errors?.[0]) throw errors[0]
  const value = (data!.node as Record<string, unknown>)[name]
  if (!isObject) return value
  return Array.isArray(value) ? value.map(each => (each as { id: string }).id) : (value as { id: string }).id
}

const isCore = (session: Session, object: ObjectType) => session.model.objects[object.name] === undefined

/** The result of one function, on one object or on each of a list. */
const step = async (session: Session, parent: ObjectType | undefined, value: unknown, link: Link): Promise<unknown> => {
  if (Array.isArray(value)) {
    const all: unknown[] = []
    for (const each of value) all.push(await step(session, parent, each, link))
    return all
  }
  const { function: of } = link
  if (parent && of.field) return (value as Record<string, unknown>)[of.name] ?? null
  const args = await argumentsOf(session, link)
  if (parent && isCore(session, parent)) {
    const given = of.args
      .filter(({ name }) => name in link.values)
      .map(({ name, type }) => `${name}: ${literal(type, args[name])}`)
    return select(value as string, parent.name, of.name, given, link.object !== undefined)
  }
  return callFunction(session.module, session.port, (parent ?? link.object)!.name, of, parent ? value : {}, args)
}

export const runChain = async (session: Session, chain: Link[]): Promise<unknown> => {
  let value: unknown, object: ObjectType | undefined
  expectCalls(
    chain.filter(({ function: of }, i) => !of.field && !(i > 0 && isCore(session, chain[i - 1]!.object!))).length,
  )
  for (const link of chain) {
    value = await step(session, object, value, link)
    object = link.object
  }
  return value
}

/** Objects of a module carry its name in front. */
const shownType = ({ module, model }: Session, name: string): string => {
  const prefix = pascal(module.name)
  return model.objects[name] && !name.startsWith(prefix) ? prefix + name : name
}

const plain = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(each => `${plain(each)}\n`).join("")
  if (value === null || value === undefined) return "<nil>"
  if (typeof value === "object") return Object.values(value).map(plain).join("")
  return typeof value === "string" ? value : JSON.stringify(value)
}

const exportable = new Set(["Directory", "File", "Container", "Changeset"])

/** Finishes an object at the end of a chain: evaluated, saved, applied, or just named. */
const showObject = async (session: Session, object: ObjectType, value: unknown, globals: Globals): Promise<void> => {
  const ids = (Array.isArray(value) ? value : [value]) as string[],
    one = !Array.isArray(value)
  if (isCore(session, object) && globals.output !== undefined && one && exportable.has(object.name)) {
    const into = object.name === "File" ? ["allowParentDirPath: true"] : []
    const path = await select(value as string, object.name, "export", [
      `path: ${JSON.stringify(resolve(globals.output))}`,
      ...into,
    ])
    process.stderr.write(`Saved to ${JSON.stringify(path)}.\n`)
    return
  }
  if (object.name === "Changeset" && isCore(session, object)) {
    for (const id of ids) await applyChanges(id, globals)
    return
  }
  for (const id of ids) {
    if (isCore(session, object) && object.functions.some(({ name }) => name === "sync"))
      await select(id, object.name, "sync")
    process.stdout.write(`${one ? "" : "- "}${shownType(session, object.name)}@xxh3:${digestOf(id).slice(0, 16)}\n`)
  }
}

const applyChanges = async (id: string, { autoApply }: Globals): Promise<void> => {
  const paths = async (name: string) => (await select(id, "Changeset", name)) as string[]
  const [added, modified, removed] = [
    await paths("addedPaths"),
    await paths("modifiedPaths"),
    await paths("removedPaths"),
  ]
  for (const [mark, list] of [
    ["+", added],
    ["~", modified],
    ["-", removed],
  ] as const)
    for (const path of list) process.stderr.write(`${mark} ${path}\n`)
  if (added.length + modified.length + removed.length === 0) return void process.stderr.write("no changes to apply\n")
  if (!autoApply) throw new Error("changes not applied: nobody to ask here, use --auto-apply (-y)")
  await select(id, "Changeset", "export", [`path: ${JSON.stringify(process.cwd())}`])
}

export const show = async (
  session: Session,
  { function: { returns }, object }: Link,
  value: unknown,
  globals: Globals,
): Promise<void> => {
  if (returns.kind === "VOID") return
  if (object && value !== null) return showObject(session, object, value, globals)
  const text = scrub(globals.json ? `${JSON.stringify(value, null, 4)}\n` : plain(value))
  if (globals.output !== undefined) {
    mkdirSync(dirname(resolve(globals.output)), { recursive: true })
    writeFileSync(globals.output, text)
    process.stderr.write(`Saved output to ${JSON.stringify(resolve(globals.output))}.\n`)
  }
  process.stdout.write(process.stdout.isTTY && !text.endsWith("\n") ? `${text}\n` : text)
}
