import { Directory } from "@dagger.io/dagger"

import { parseManifests, type Manifest } from "../manifests/parse.js"

/** The manifests of a folder: each .yaml and .yml file directly in it. */
export async function manifestsOf(folder: Directory): Promise<Manifest[]> {
  const names = [...(await folder.glob("*.yaml")), ...(await folder.glob("*.yml"))].sort()
  return parseManifests(await Promise.all(names.map(async name => ({ name, text: await folder.file(name).contents() }))))
}
