import { Directory } from "@dagger.io/dagger"

import type { Config } from "./config/schema.js"

/**
 * The source with the parts that it lacks, each of which is left alone where there is one: manifests of others must not be
 * mixed with ours. For what the config has in a place of the repository's own, there is no template.
 */
export async function withMissingParts(
  source: Directory,
  templates: Directory,
  { backend, frontend, manifests }: Config,
): Promise<Directory> {
  const parts = [
    "cloud-native.yaml",
    backend.dockerfile,
    frontend.dockerfile,
    manifests,
    ".github/workflows/deploy.yml",
  ]
  const present = await Promise.all(parts.map(path => source.exists(path)))
  const paths = (await templates.glob("**/*")).filter(path => !path.endsWith("/"))
  return parts
    .filter((_, index) => !present[index])
    .flatMap(part => paths.filter(path => path === part || path.startsWith(`${part}/`)))
    .reduce((result, path) => result.withFile(path, templates.file(path)), source)
}
