import type { Config } from "../config/schema.js"
import { namesOf } from "../push/publish.js"
import type { RegistryAccess } from "../registry/access.js"
import { RegistryClient, ToolFailed } from "../registry/client.js"
import { createCommand, regionOf } from "../registry/ecr.js"
import { isKnown } from "../registry/oras.js"
import { readReference, type Reference, type RegistryPath } from "../registry/reference.js"
import { CloudNativeError, lastLines } from "../util/errors.js"

/** Throw if Amazon ECR has no repository for an image that is to be pushed. Other registries are not asked: most create it then. */
export async function assertRepositories(
  { host, prefix }: RegistryPath,
  config: Config,
  access: RegistryAccess,
): Promise<void> {
  if (!regionOf(host)) return
  const registry = await RegistryClient.open(host, access)
  const names = Object.values(namesOf(prefix, config))
  const missing = await Promise.all(names.map(async name => isMissing(registry, config, name)))
  const repositories = names.filter((_, index) => missing[index]).map(name => readReference(name)!)
  if (repositories.length > 0) throw repositoriesMissing(host, repositories)
}

/** Only the registry's own answer counts: a login that may push need not be allowed to list tags. */
async function isMissing(registry: RegistryClient, config: Config, name: string): Promise<boolean> {
  try {
    return !(await isKnown(registry, config, name))
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error
    console.log(`preflight: whether there is a repository ${name} is not checked: ${lastLines(error.output, 1)}`)
    return false
  }
}

/** What to do about repositories that Amazon ECR does not have. */
function repositoriesMissing(host: string, repositories: Reference[]): CloudNativeError {
  const names = repositories.map(({ repository }) => repository)
  return new CloudNativeError({
    code: "REPOSITORY_MISSING",
    blame: "user",
    what: `${host} has no repository ${names.join(", ")}`,
    why: "each image needs a repository of its own, and Amazon ECR creates none by default when an image is pushed",
    fix: `create ${names.length > 1 ? "them" : "it"}: ${repositories.map(createCommand).join("; ")}`,
  })
}
