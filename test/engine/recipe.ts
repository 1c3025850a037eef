// An object of the API is a recipe: the field that makes it, of which parent, with which arguments. Nothing runs until a value is needed.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { GraphQLError } from "graphql"

import { digestOf, folder, session } from "./store.ts"
import { directoryPath, filePath } from "./tree.ts"

export type Args = Record<string, unknown>

export class Recipe {
  readonly id: string
  constructor(
    readonly type: string,
    readonly field: string,
    readonly parent: Recipe | undefined,
    readonly args: Args,
  ) {
    this.id = `${type}@${digestOf([type, field, parent?.id, encode(args)])}`
  }
}

/** Recipes within arguments are written as references. */
const encode = (value: unknown): unknown => {
  if (value instanceof Recipe) return { recipe: value.id }
  if (Array.isArray(value)) return value.map(encode)
  if (value === null || typeof value !== "object") return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, encode(inner)]))
}

const decode = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(decode)
  if (value === null || typeof value !== "object") return value
  if ("recipe" in value) return byId(value.recipe as string)
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, decode(inner)]))
}

const known = new Map<string, Recipe>()

export const recipe = (type: string, field: string, parent: Recipe | undefined, args: Args): Recipe => {
  const made = new Recipe(type, field, parent, args),
    same = known.get(made.id)
  if (!same) known.set(made.id, made)
  return same ?? made
}

interface Written {
  type: string
  field: string
  parent?: string
  args: Args
}
const path = (id: string) => join(folder("recipes"), `${id}.json`)

export const byId = (id: string): Recipe => {
  const made = known.get(id)
  if (made) return made
  if (!/^\w+@[0-9a-f]+$/.test(id) || !existsSync(path(id))) throw new GraphQLError(`there is no object ${id}`)
  const { type, field, parent, args } = JSON.parse(readFileSync(path(id), "utf8")) as Written
  return recipe(type, field, parent ? byId(parent) : undefined, decode(args) as Args)
}

const inner = (value: unknown): Recipe[] =>
  value instanceof Recipe
    ? [value]
    : value !== null && typeof value === "object"
      ? Object.values(value).flatMap(inner)
      : []

/** The recipe and everything it is made of. */
const closure = (of: Recipe): Recipe[] => [
  of,
  ...[of.parent, ...inner(of.args)].filter(part => part !== undefined).flatMap(closure),
]

/** Whether a later session can make this object again: it holds no plain text, and the content it starts from is kept. */
export const lasting = (of: Recipe): boolean =>
  closure(of).every(({ field, args }) => {
    if (field === "Directory.stored") return existsSync(directoryPath(args as { tree: string }))
    if (field === "File.stored") return existsSync(filePath(args as { file: string; name: string }))
    return !["Query.setSecret", "Query.currentWorkspace", "Host.service"].includes(field)
  })

export const write = (of: Recipe): void => {
  for (const { id, type, field, parent, args } of closure(of)) {
    if (existsSync(path(id))) continue
    const own = `${path(id)}.${session}`
    writeFileSync(
      own,
      JSON.stringify({ type, field, parent: parent?.id, args: encode(args) as Args } satisfies Written),
      { mode: 0o600 },
    )
    renameSync(own, path(id))
  }
}
