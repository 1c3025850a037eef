import { withApplications } from "./applications.js"
import type { Config } from "./schema.js"

/** The environment that an overlay is of: overlays/production → production. */
export function environmentOf(overlay: string): string {
  return overlay.split("/").filter(Boolean).at(-1) ?? ""
}

/** The configuration with the values of an overlay's environment. */
export function forOverlay(config: Config, overlay: string | undefined): Config {
  const own = overlay === undefined ? undefined : config.environments[environmentOf(overlay)]
  if (!own) return config
  const buildArgs: Record<string, Record<string, string>> = Object.fromEntries(
    Object.entries({ backend: own.backend, frontend: own.frontend, ...own.applications }).map(([name, values]) => [
      name,
      values.buildArgs,
    ]),
  )
  return withApplications(config, (app, name) => ({ ...app, buildArgs: { ...app.buildArgs, ...buildArgs[name] } }))
}
