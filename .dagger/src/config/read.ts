import { Directory, File } from "@dagger.io/dagger"

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
  const [backend, frontend] = await Promise.all([
    withOwnBase(source, config.backend),
    withOwnBase(source, config.frontend),
  ])
  return { ...config, backend, frontend }
}

/** The configuration for what needs no application of the source: the file given, else cloud-native.yaml of the source, else conventions. */
export async function configOf(source: Directory, file?: File): Promise<Config> {
  const found = file ?? ((await source.exists(FILE)) ? source.file(FILE) : undefined)
  return found ? parseConfig(await found.contents(), await found.name()) : parseConfig("", FILE)
}

/** The application with the base that the repository's own Dockerfile names. */
async function withOwnBase(source: Directory, app: AppConfig): Promise<AppConfig> {
  if (!app.readsBase) return app
  const dockerfile = parseDockerfile(await source.file(app.dockerfile).contents(), app.buildArgs)
  const image = builtStage(dockerfile, app.target)?.image
  return image && image !== "scratch" ? { ...app, base: withoutDigest(image) } : app
}
