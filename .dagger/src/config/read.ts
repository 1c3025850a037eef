import { Directory, File } from "@dagger.io/dagger"

import { assertLayout } from "../source.js"
import { parseConfig } from "./parse.js"
import type { Config } from "./schema.js"

const FILE = "cloud-native.yaml"

/** The configuration: the file given, else cloud-native.yaml of the source, else conventions; checked against the source. */
export async function readConfig(source: Directory, file?: File): Promise<Config> {
  const found = file ?? ((await source.exists(FILE)) ? source.file(FILE) : undefined)
  const config = found ? parseConfig(await found.contents(), await found.name()) : parseConfig("", FILE)
  await assertLayout(source, config)
  return config
}
