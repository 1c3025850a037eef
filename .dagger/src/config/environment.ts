import type { Config } from "./schema.js"

/** The configuration with the values of an environment: that of an overlay's last part, as production of overlays/production. */
export function forOverlay(config: Config, overlay: string | undefined): Config {
  const name = overlay?.split("/").filter(Boolean).at(-1)
  const own = name === undefined ? undefined : config.environments[name]
  if (!own) return config
  const { backend, frontend } = config
  return {
    ...config,
    backend: { ...backend, buildArgs: { ...backend.buildArgs, ...own.backend.buildArgs } },
    frontend: { ...frontend, buildArgs: { ...frontend.buildArgs, ...own.frontend.buildArgs } },
  }
}
