import { Directory } from "@dagger.io/dagger"
import { z } from "zod"

import { CloudNativeError } from "./util/errors.js"

/** Every module has it at its root; the module does not see where it came from, but what this file says. */
export const MODULE_FILE = "dagger.json"

const OWN = z.object({ name: z.literal("cloud-native"), source: z.literal(".dagger") })

/** Throw if the source is this module's own repository while the call came from another: whatever the engine takes for the source, the sample is not what the caller means. */
export async function assertNotOwn(source: Directory, caller: Directory): Promise<void> {
  const [given, from] = await Promise.all([moduleFileOf(source), moduleFileOf(caller)])
  const refused = ownSource(given, from)
  if (refused) throw refused
}

/** By the module files of both; undefined: there is none. */
export function ownSource(source: string | undefined, caller: string | undefined): CloudNativeError | undefined {
  if (!isOwn(source) || isOwn(caller)) return undefined
  return new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `the source is cloud-native's own repository, and the call came from ${nameOf(caller)}`,
    why: "the sample there would be tested and deployed in place of your applications",
    fix: "leave --source out, and source out of [modules.cloud-native.settings] in dagger.toml; for a version of the module without --ws, add legacy-default-path = true to [modules.cloud-native]; to try the sample, call the module in a clone of it",
  })
}

async function moduleFileOf(repository: Directory): Promise<string | undefined> {
  return (await repository.exists(MODULE_FILE)) ? repository.file(MODULE_FILE).contents() : undefined
}

function isOwn(moduleFile: string | undefined): boolean {
  return OWN.safeParse(parsed(moduleFile)).success
}

function nameOf(moduleFile: string | undefined): string {
  const named = z.object({ name: z.string() }).safeParse(parsed(moduleFile))
  return named.success ? `the repository of the module ${named.data.name}` : "a repository that is no module"
}

/** A file that is no JSON is somebody else's. */
function parsed(text = "null"): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
