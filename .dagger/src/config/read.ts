import { Directory, File } from "@dagger.io/dagger"

import { applicationsOf, withApplications } from "./applications.js"
import { builtStage, parseDockerfile, withoutDigest } from "./dockerfile.js"
import { forOverlay } from "./environment.js"
import { assertLayout } from "./layout.js"
import { parseConfig } from "./parse.js"
import type { AppConfig, Config } from "./schema.js"

const FILE = "cloud-native.yaml"

/** The configuration, checked against the source and completed from it, with the values of the overlay's environment. */
export async function readConfig(source: Directory, file?: File, overlay?: string): Promise<Config> {
  const config = forOverlay(await configOf(source, file), overlay)
  await assertLayout(source, config)
  const bases = await Promise.all(
    Object.entries(applicationsOf(config)).map(async ([name, app]) => [name, await baseOf(source, app)] as const),
  )
  const baseByName = Object.fromEntries(bases)
  return withApplications(config, (app, name) => ({ ...app, base: baseByName[name]! }))
}

/** The configuration for what needs no application of the source: the file given, else cloud-native.yaml of the source, else conventions. */
export async function configOf(source: Directory, file?: File): Promise<Config> {
  const found = file ?? ((await source.exists(FILE)) ? source.file(FILE) : undefined)
  return found ? parseConfig(await found.contents(), await found.name()) : parseConfig("", FILE)
}

/** The base of an application; where the repository has its own Dockerfile, the one that it names. */
async function baseOf(source: Directory, app: AppConfig): Promise<string> {
  if (!app.readsBase) return app.base
  const dockerfile = parseDockerfile(await source.file(app.dockerfile).contents(), app.buildArgs)
  const image = builtStage(dockerfile, app.target)?.image
  return image && image !== "scratch" ? withoutDigest(image) : app.base
}
