import { readJson } from "../util/json.js"
import { type AppConfig, Config } from "./schema.js"

/** The config as text, which the objects of the chain carry: Dagger keeps their fields as JSON. */
export function encodeConfig(config: Config): string {
  return JSON.stringify({
    ...config,
    backend: encodeApp(config.backend),
    frontend: encodeApp(config.frontend),
    applications: Object.fromEntries(Object.entries(config.applications).map(([name, app]) => [name, encodeApp(app)])),
    limits: withSize(config.limits, "imageSize"),
  })
}

/** Throws if the text is no config of this version of the module. */
export function decodeConfig(text: string): Config {
  return readJson(Config, text, "the config that this object carries")
}

/** The base has been read from the Dockerfile by now: it travels like one that the user has set. */
function encodeApp({ readsBase: _, ...app }: AppConfig): object {
  return withSize(app, "ownSize")
}

/** The schema reads a size from a text with its unit. */
function withSize<Key extends string>(section: { [key in Key]?: number }, key: Key): object {
  const bytes = section[key]
  return bytes === undefined ? section : { ...section, [key]: `${bytes / 1000}kB` }
}
