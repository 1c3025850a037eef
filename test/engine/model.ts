// What can be called: the types a module registered, and those of the core API.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import {
  buildSchema,
  getNamedType,
  type GraphQLArgument,
  type GraphQLType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  Kind as SyntaxKind,
} from "graphql"

import { Recipe } from "./recipe.ts"

type Kind =
  "STRING" | "INTEGER" | "FLOAT" | "BOOLEAN" | "SCALAR" | "LIST" | "OBJECT" | "INTERFACE" | "INPUT" | "VOID" | "ENUM"
export interface TypeRef {
  kind: Kind
  name?: string
  of?: TypeRef
  optional?: boolean
}
export interface Argument {
  name: string
  description: string
  type: TypeRef
  default?: unknown
  defaultPath?: string
  ignore?: string[]
  defaultAddress?: string
}
export interface FunctionType {
  name: string
  description: string
  returns: TypeRef
  args: Argument[]
  cache: "Default" | "PerSession" | "Never"
  check: boolean
  /** A field of the object's state: nothing runs. */
  field: boolean
}
export interface ObjectType {
  name: string
  description: string
  functions: FunctionType[]
  constructor?: FunctionType
}
/** Members by the name they have in the API, which for a module's own is SCREAMING_SNAKE_CASE, to the one in its source. */
export interface EnumType {
  name: string
  members: Record<string, string>
}
export interface Model {
  description: string
  objects: Record<string, ObjectType>
  enums: Record<string, EnumType>
}

const steps = (recipe: Recipe | undefined): Recipe[] => (recipe ? [...steps(recipe.parent), recipe] : [])
const of = (value: unknown) => value as Recipe
const text = (value: unknown) => (value as string | undefined) ?? ""

const typeRef = (recipe: Recipe): TypeRef =>
  steps(recipe).reduce<TypeRef>(
    (type, { field, args }) => {
      switch (field) {
        case "TypeDef.withKind":
          return { ...type, kind: args.kind as Kind }
        case "TypeDef.withObject":
          return { ...type, kind: "OBJECT", name: text(args.name) }
        case "TypeDef.withEnum":
          return { ...type, kind: "ENUM", name: text(args.name) }
        case "TypeDef.withScalar":
          return { ...type, kind: "SCALAR", name: text(args.name) }
        case "TypeDef.withInterface":
          return { ...type, kind: "INTERFACE", name: text(args.name) }
        case "TypeDef.withListOf":
          return { ...type, kind: "LIST", of: typeRef(of(args.elementType)) }
        case "TypeDef.withOptional":
          return { ...type, optional: args.optional as boolean }
        default:
          return type
      }
    },
    { kind: "VOID" },
  )

const argument = (args: Recipe["args"]): Argument => ({
  name: text(args.name),
  description: text(args.description),
  type: typeRef(of(args.typeDef)),
  ...(args.defaultValue !== undefined &&
    args.defaultValue !== null && { default: JSON.parse(text(args.defaultValue)) }),
  ...(args.defaultPath ? { defaultPath: text(args.defaultPath) } : {}),
  ...(args.defaultAddress ? { defaultAddress: text(args.defaultAddress) } : {}),
  ...((args.ignore as string[] | undefined)?.length ? { ignore: args.ignore as string[] } : {}),
})

const functionType = (recipe: Recipe): FunctionType =>
  steps(recipe).reduce<FunctionType>(
    (made, { field, args }) => {
      switch (field) {
        case "Query.function":
          return { ...made, name: text(args.name), returns: typeRef(of(args.returnType)) }
        case "Function.withDescription":
          return { ...made, description: text(args.description) }
        case "Function.withArg":
          return { ...made, args: [...made.args, argument(args)] }
        case "Function.withCachePolicy":
          return { ...made, cache: args.policy as FunctionType["cache"] }
        case "Function.withCheck":
          return { ...made, check: true }
        default:
          return made
      }
    },
    { name: "", description: "", returns: { kind: "VOID" }, args: [], cache: "Default", check: false, field: false },
  )

const fieldType = (args: Recipe["args"]): FunctionType => ({
  name: text(args.name),
  description: text(args.description),
  returns: typeRef(of(args.typeDef)),
  args: [],
  cache: "Default",
  check: false,
  field: true,
})

const objectType = (recipe: Recipe): ObjectType =>
  steps(recipe).reduce<ObjectType>(
    (made, { field, args }) => {
      switch (field) {
        case "TypeDef.withObject":
          return { ...made, name: text(args.name), description: text(args.description) }
        case "TypeDef.withFunction":
          return { ...made, functions: [...made.functions, functionType(of(args.function))] }
        case "TypeDef.withField":
          return { ...made, functions: [...made.functions, fieldType(args)] }
        case "TypeDef.withConstructor":
          return { ...made, constructor: functionType(of(args.function)) }
        default:
          return made
      }
    },
    { name: "", description: "", functions: [], constructor: undefined },
  )

const screaming = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toUpperCase()
const enumType = (recipe: Recipe): EnumType => ({
  name: text(steps(recipe).find(({ field }) => field === "TypeDef.withEnum")?.args.name),
  members: Object.fromEntries(
    steps(recipe)
      .filter(({ field }) => field === "TypeDef.withEnumMember")
      .map(({ args }) => [screaming(text(args.name)), text(args.name)]),
  ),
})

/** Reads the recipe of a registered module. */
export const readModel = (module: Recipe): Model => {
  const named = <T extends { name: string }>(list: T[]) => Object.fromEntries(list.map(entry => [entry.name, entry]))
  const all = steps(module)
  return {
    description: text(all.find(({ field }) => field === "Module.withDescription")?.args.description),
    objects: named(
      all.filter(({ field }) => field === "Module.withObject").map(({ args }) => objectType(of(args.object))),
    ),
    enums: named(all.filter(({ field }) => field === "Module.withEnum").map(({ args }) => enumType(of(args.enum)))),
  }
}

export const schema = buildSchema(readFileSync(join(import.meta.dirname, "schema.graphql"), "utf8"))

/** What an ID argument stands for. */
export const expectedType = ({ astNode }: GraphQLArgument): string | undefined => {
  const value = astNode?.directives?.find(({ name }) => name.value === "expectedType")?.arguments?.[0]?.value
  return value?.kind === SyntaxKind.STRING ? value.value : undefined
}

const scalars: Record<string, Kind> = {
  String: "STRING",
  Int: "INTEGER",
  Float: "FLOAT",
  Boolean: "BOOLEAN",
  ID: "STRING",
  Void: "VOID",
}
const coreRef = (type: GraphQLType, expected?: string): TypeRef => {
  if (isNonNullType(type)) return { ...coreRef(type.ofType, expected), optional: false }
  if (isListType(type)) return { kind: "LIST", of: coreRef(type.ofType, expected), optional: true }
  const { name } = getNamedType(type)
  if (expected) return { kind: "OBJECT", name: expected, optional: true }
  if (isEnumType(type)) return { kind: "ENUM", name, optional: true }
  if (isInputObjectType(type)) return { kind: "INPUT", name, optional: true }
  if (isScalarType(type)) return { kind: scalars[name] ?? "SCALAR", name, optional: true }
  return { kind: "OBJECT", name, optional: true }
}

/** A type of the core API as the CLI sees it. */
export const coreObject = (name: string): ObjectType | undefined => {
  const type = schema.getType(name)
  if (!isObjectType(type)) return undefined
  const fields = Object.values(type.getFields()).filter(field => field.name !== "id")
  return {
    name,
    description: "",
    constructor: undefined,
    functions: fields.map(field => ({
      name: field.name,
      description: "",
      returns: coreRef(field.type),
      args: field.args.map(arg => ({
        name: arg.name,
        description: "",
        type: coreRef(arg.type, expectedType(arg)),
        ...(arg.defaultValue !== undefined && { default: arg.defaultValue }),
      })),
      cache: "Default",
      check: false,
      field: false,
    })),
  }
}
export const coreEnum = (name: string): EnumType | undefined => {
  const type = schema.getType(name)
  return isEnumType(type)
    ? { name, members: Object.fromEntries(type.getValues().map(value => [value.name, value.name])) }
    : undefined
}
