// Names, types and values of flags, by the rules of the real CLI.
import type { Argument, EnumType, TypeRef } from "../model.ts"

export class UsageError extends Error {}

/** camelCase to kebab-case. */
export const cliName = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .replace(/([a-zA-Z])(?=\d)|(\d)(?=[a-zA-Z])/g, "$1$2-")
    .replace(/[_ ]/g, "-")
    .toLowerCase()

export type Types = { enumOf(name: string): EnumType | undefined }

const objects = new Set(["Container", "Directory", "File", "Secret", "Service", "CacheVolume"])

/** The flag's type as help shows it; undefined when the CLI has no way to give a value of it. */
export const flagType = (type: TypeRef, types: Types): string | undefined => {
  switch (type.kind) {
    case "STRING":
      return "string"
    case "INTEGER":
      return "int"
    case "FLOAT":
      return "float"
    case "BOOLEAN":
      return ""
    case "SCALAR":
      return type.name === "Platform" ? "Platform" : "string"
    case "ENUM":
      return Object.keys(types.enumOf(type.name!)?.members ?? {})
        .sort()
        .join(",")
    case "OBJECT":
      return objects.has(type.name!) ? type.name : undefined
    case "INPUT":
      return type.name === "PortForward" || type.name === "BuildArg" ? type.name : undefined
    case "LIST": {
      const inner = flagType(type.of!, types)
      if (inner === undefined || type.of!.kind === "LIST") return undefined
      const plural: Partial<Record<TypeRef["kind"], string>> = {
        STRING: "strings",
        INTEGER: "ints",
        FLOAT: "floats",
        BOOLEAN: "bools",
        SCALAR: "strings",
      }
      return plural[type.of!.kind] ?? `[]${inner}`
    }
    default:
      return undefined
  }
}

export const isRequired = ({ type, default: value, defaultPath, defaultAddress }: Argument): boolean =>
  !type.optional && value === undefined && !defaultPath && !defaultAddress

/** A word of a flag as a value of its type; ids of objects are made later, from their addresses. */
const parseWord = (type: TypeRef, word: string, types: Types): unknown => {
  switch (type.kind) {
    case "INTEGER":
      if (!/^[+-]?\d+$/.test(word)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(word)}: invalid syntax`)
      return Number(word)
    case "FLOAT":
      if (word.trim() === "" || Number.isNaN(Number(word)))
        throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(word)}: invalid syntax`)
      return Number(word)
    case "BOOLEAN":
      if (/^(1|t|T|TRUE|true|True)$/.test(word)) return true
      if (/^(0|f|F|FALSE|false|False)$/.test(word)) return false
      throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(word)}: invalid syntax`)
    case "ENUM": {
      const members = types.enumOf(type.name!)?.members ?? {},
        found = Object.keys(members).find(member => member.toLowerCase() === word.toLowerCase())
      if (!found) throw new Error(`value should be one of ${Object.keys(members).sort().join(",")}`)
      return members[found]
    }
    case "INPUT": {
      const [left, right] = word.split(type.name === "BuildArg" ? /=(.*)/s : ":")
      if (type.name === "BuildArg") {
        if (right === undefined) throw new Error(`${word} must be formatted as name=value`)
        return { name: left, value: right }
      }
      if (!/^\d+$/.test(left!) || !/^\d+$/.test(right ?? ""))
        throw new Error(`portForward setting not in the form of frontend:backend: ${JSON.stringify(word)}`)
      return { frontend: Number(left), backend: Number(right), protocol: "TCP" }
    }
    default:
      return word
  }
}

/** Fields between commas; quotes keep a comma. */
const fields = (text: string): string[] => {
  if (text === "") return []
  return [...text.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .slice(0, -1)
    .map(([, field]) => (field!.startsWith('"') ? field!.slice(1, -1).replaceAll('""', '"') : field!))
}

/** Adds what one occurrence of a flag says to what earlier ones said. */
export const readFlag = ({ name, type }: Argument, word: string, before: unknown, types: Types): unknown => {
  try {
    if (type.kind !== "LIST") return parseWord(type, word, types)
    const words = fields(type.of!.kind === "OBJECT" ? word.replace(/["'`]/g, "") : word)
    return [
      ...((before as unknown[] | undefined) ?? []),
      ...words.map(each => parseWord(type.of!, type.of!.kind === "STRING" ? each : each.trim(), types)),
    ]
  } catch (error) {
    throw new UsageError(
      `invalid argument ${JSON.stringify(word)} for "--${cliName(name)}" flag: ${(error as Error).message}`,
    )
  }
}
