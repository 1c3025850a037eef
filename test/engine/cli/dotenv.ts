// Defaults of the constructor's arguments from .env files, by the rules of Dagger 0.21.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseEnv } from "node:util"

import type { Model } from "../model.ts"
import type { Module } from "../module.ts"
import { upwards } from "../workspace.ts"
import { enumOf, type Link } from "./command.ts"
import { readFlag, UsageError } from "./flags.ts"

/** Values as a shell has them: with the caller's variables, except in single quotes. */
const variables = (folder: string | undefined): [name: string, value: () => string][] => {
  if (!folder || !existsSync(join(folder, ".env"))) return []
  const text = readFileSync(join(folder, ".env"), "utf8")
  return Object.entries(parseEnv(text) as Record<string, string>).map(([name, value]) => [
    name,
    () => (new RegExp(`^\\s*${name}\\s*=\\s*'`, "m").test(text) ? value : expand(value)),
  ])
}

const expand = (text: string): string =>
  text.replace(
    /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
    (_, braced: string | undefined, fallback: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare!
      const value = process.env[name] || fallback
      if (value === undefined) throw new UsageError(`${name}: unbound variable`)
      return value
    },
  )

/** The module's own .env names arguments as they are; the caller's begins each with the module's name. Case does not matter. */
const settingsOf = ({ name, root }: Module): Map<string, string> => {
  const prefix = new RegExp(`^${name.replace(/-/g, "_?")}_`, "i")
  const callers = variables(upwards(process.cwd(), ".env")).filter(([key]) => prefix.test(key))
  const all = [...variables(root), ...callers.map(([key, value]) => [key.replace(prefix, ""), value] as const)]
  return new Map(all.map(([key, value]) => [key.toLowerCase(), value()]))
}

/** The constructor's link with what the .env files set; flags win. */
export const withDotenv = (link: Link, module: Module, model: Model): Link => {
  const settings = settingsOf(module)
  const set = link.function.args.filter(({ name }) => settings.has(name.toLowerCase()))
  const values = set.map(arg => [
    arg.name,
    readFlag(arg, settings.get(arg.name.toLowerCase())!, undefined, { enumOf: enumOf(model) }),
  ])
  return { ...link, values: { ...Object.fromEntries(values), ...link.values } }
}
