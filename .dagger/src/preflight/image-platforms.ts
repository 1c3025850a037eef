import { dag } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { outOfReach, type RegistryAccess } from "../registry/access.js"
import { RegistryClient, ToolFailed } from "../registry/client.js"
import { readArchitectures } from "../registry/oras.js"
import { parseReference } from "../registry/reference.js"
import { lastLines } from "../util/errors.js"

/** The architectures that images are built for, each by its name or digest; without those of which it cannot be told. */
export async function architecturesOf(
  images: string[],
  config: Config,
  access: RegistryAccess,
): Promise<Map<string, string[]>> {
  const architectures = await Promise.all(
    images.map(image => (isOwn(image, access) ? ownArchitecture() : inRegistry(image, config, access))),
  )
  return new Map(
    images.flatMap((image, index) =>
      architectures[index]!.length > 0 ? [[image, architectures[index]!] as const] : [],
    ),
  )
}

/** Whether it is this engine that builds it: no digest is known yet, or it is where nothing but this engine has put it. */
export function isOwn(image: string, access: RegistryAccess): boolean {
  return !image.includes("@") || outOfReach(access, parseReference(image).host) !== undefined
}

async function ownArchitecture(): Promise<string[]> {
  return [(await dag.defaultPlatform()).split("/")[1]!]
}

async function inRegistry(image: string, config: Config, access: RegistryAccess): Promise<string[]> {
  try {
    return await readArchitectures(await RegistryClient.open(parseReference(image).host, access), config, image)
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error
    console.log(`preflight: the architecture of ${image} is not checked: ${lastLines(error.output, 1)}`)
    return []
  }
}
