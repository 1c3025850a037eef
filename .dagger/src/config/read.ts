import { Directory, File } from "@dagger.io/dagger"

import { assertLayout } from "./layout.js"
import { parseConfig } from "./parse.js"
import type { Config } from "./schema.js"

const FILE = "cloud-native.yaml"

/** The configuration, checked against the source. */
export async function readConfig(source: Directory, file?: File): Promise<Config> {
  const config = await configOf(source, file)
  await assertLayout(source, config)
  return config
}

/** The configuration for what needs no application of the source: the file given, else cloud-native.yaml of the source, else conventions. */
export async function configOf(source: Directory, file?: File): Promise<Config> {
  const found = file ?? ((await source.exists(FILE)) ? source.file(FILE) : undefined)
  return found ? parseConfig(await found.contents(), await found.name()) : parseConfig("", FILE)
}
