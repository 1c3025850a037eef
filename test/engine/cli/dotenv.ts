// Defaults of the constructor's arguments from .env files, by the rules of Dagger 0.21.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseEnv } from "node:util"

import type { Model } from "../model.ts"
import type { Module } from "../module.ts"
import { upwards } from "../workspace.ts"
import { enumOf, type Link } from "./command.ts"
import { readFlag } from "./flags.ts"

const variables = (folder: string | undefined): Record<string, string> =>
  folder && existsSync(join(folder, ".env"))
    ? (parseEnv(readFileSync(join(folder, ".env"), "utf8")) as Record<string, string>)
    : {}

/** The module's own .env names arguments as they are; the caller's begins each with the module's name. Case does not matter. */
const settingsOf = ({ name, root }: Module): Map<string, string> => {
  const own = Object.entries(variables(root))
  const prefix = new RegExp(`^${name.replace(/-/g, "_?")}_`, "i")
  const callers = Object.entries(variables(upwards(process.cwd(), ".env"))).filter(([key]) => prefix.test(key))
  return new Map(
    [...own, ...callers.map(([key, value]) => [key.replace(prefix, ""), value] as const)].map(([key, value]) => [
      key.toLowerCase(),
      value,
    ]),
  )
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
