import { Directory } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { CloudNativeError } from "../errors.js"
import { checkManifests } from "../manifests/check.js"
import { parseManifests, type Manifest } from "../manifests/parse.js"

/** The manifests of a folder: each .yaml and .yml file directly in it. */
export async function manifestsOf(folder: Directory): Promise<Manifest[]> {
  const names = [...(await folder.glob("*.yaml")), ...(await folder.glob("*.yml"))].sort()
  const files = await Promise.all(names.map(async name => ({ name, text: await folder.file(name).contents() })))
  return parseManifests(files)
}
