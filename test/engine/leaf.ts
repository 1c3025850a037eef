// Fields that end a query: text, numbers, lists of objects. Each file of the API contributes a table, by field.
import type { Recipe } from "./recipe.ts"

/** Gives the field's value from the object's value and the evaluated arguments. */
type Leaf = (value: any, args: any, recipe: Recipe) => unknown
type Leaves = Record<string, Leaf>

const leaves: Leaves = {}
export const addLeaves = (more: Leaves): void => {
  Object.assign(leaves, more)
}
export const leaf = (field: string): Leaf | undefined => leaves[field]
