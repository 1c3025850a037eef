import { readJson } from "../util/json.js"
import { Config } from "./schema.js"

/** The config as text, which the objects of the chain carry: Dagger keeps their fields as JSON. */
export function encodeConfig(config: Config): string {
  return JSON.stringify({
    ...config,
    backend: withSize(config.backend, "ownSize"),
    frontend: withSize(config.frontend, "ownSize"),
    limits: withSize(config.limits, "imageSize"),
  })
}

/** Throws if the text is no config of this version of the module. */
export function decodeConfig(text: string): Config {
  return readJson(Config, text, "the config that this object carries")
}

/** The schema reads a size from a text with its unit. */
function withSize<Key extends string>(section: { [key in Key]?: number }, key: Key): object {
  const bytes = section[key]
  return bytes === undefined ? section : { ...section, [key]: `${bytes / 1000}kB` }
}
