import { builtStage, parseDockerfile, withoutDigest } from "../config/dockerfile.js"

export interface PinnedBase {
  /** With its tag, where there is one. */
  name: string
  digest: string
}

/** The base of the stage that a Dockerfile builds, if it is pinned by digest. */
export function pinnedBase(
  dockerfile: string,
  options: { target?: string; buildArgs?: Record<string, string> } = {},
): PinnedBase | undefined {
  const image = builtStage(parseDockerfile(dockerfile, options.buildArgs), options.target)?.image
  if (image === undefined) return undefined
  const name = withoutDigest(image)
  return name === image ? undefined : { name, digest: image.slice(name.length + 1) }
}
