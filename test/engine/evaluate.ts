// From recipes to values. Each file of the API contributes a table of makers, by field.
import { GraphQLError } from "graphql"

import { Recipe } from "./recipe.ts"

/** Makes the value of an object from the values of its parent and arguments. */
type Maker = (parent: any, args: any, recipe: Recipe) => unknown
type Makers = Record<string, Maker>

const makers: Makers = {}
export const addMakers = (more: Makers): void => {
  Object.assign(makers, more)
}
export const canMake = (field: string): boolean => field in makers

const values = new Map<string, Promise<unknown>>()

/** What fails is tried again when it is asked for again. */
export const evaluate = <T>(recipe: Recipe): Promise<T> => {
  const known = values.get(recipe.id) as Promise<T> | undefined
  if (known) return known
  const made = make(recipe) as Promise<T>
  values.set(recipe.id, made)
  made.catch(() => values.delete(recipe.id))
  return made
}

const make = async (recipe: Recipe): Promise<unknown> => {
  const maker = makers[recipe.field]
  if (!maker) throw new GraphQLError(`${recipe.field} is not supported by the embedded engine`)
  const [parent, args] = await Promise.all([recipe.parent && evaluate(recipe.parent), evaluateArgs(recipe.args)])
  return maker(parent, args, recipe)
}

export const evaluateArgs = async (args: Record<string, unknown>): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    await Promise.all(Object.entries(args).map(async ([name, value]) => [name, await evaluateArg(value)])),
  )

const evaluateArg = (value: unknown): unknown => {
  if (value instanceof Recipe) return evaluate(value)
  return Array.isArray(value) ? Promise.all(value.map(evaluateArg)) : value
}
