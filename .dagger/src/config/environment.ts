import type { Config } from "./schema.js"

/** The environment that an overlay is of: overlays/production → production. */
export function environmentOf(overlay: string): string {
  return overlay.split("/").filter(Boolean).at(-1) ?? ""
}

/** The configuration with the values of an overlay's environment. */
export function forOverlay(config: Config, overlay: string | undefined): Config {
  const own = overlay === undefined ? undefined : config.environments[environmentOf(overlay)]
  if (!own) return config
  const { backend, frontend } = config
  return {
    ...config,
    backend: { ...backend, buildArgs: { ...backend.buildArgs, ...own.backend.buildArgs } },
    frontend: { ...frontend, buildArgs: { ...frontend.buildArgs, ...own.frontend.buildArgs } },
  }
}
