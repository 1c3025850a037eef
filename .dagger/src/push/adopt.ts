import { Container, dag, Directory } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { accessOnlyTo, type RegistryAccess } from "../registry/access.js"
import { RegistryClient, registryFailed } from "../registry/client.js"
import { resolveDigest } from "../registry/oras.js"
import { formatReference, parseReference } from "../registry/reference.js"
import { together } from "../util/collect-errors.js"
import { assertPassed } from "../verify/facts.js"
import { nextBuildOf } from "../verify/image/find-next-build.js"
import type { NextBuild } from "../verify/image/next-build.js"
import { type Means, verifyApplication } from "../verify/verify.js"
import { assertTrusted } from "./policy.js"
import { hostOf, type PushedImages } from "./publish.js"

/** Images from elsewhere, as if they had been pushed here: referred to by the digests they have now, trusted, and verified. */
export async function releaseImages(
  source: Directory,
  config: Config,
  images: PushedImages,
  access: RegistryAccess,
  { scanner, secrets }: Pick<Means, "scanner" | "secrets">,
): Promise<{ images: PushedImages; frontendBuild?: NextBuild }> {
  const resolving = Object.entries(images).map(
    ([name, image]) =>
      async () =>
        [name, await resolve(image, config, access)] as const,
  )
  const resolved: PushedImages = Object.fromEntries(await together(...resolving))
  await assertTrusted(source, config, resolved, access)
  const host = hostOf(resolved)
  const accessTo = accessOnlyTo(host, access)
  const means = { source, scanner, secrets, accessTo }
  const facts = await Promise.all(
    Object.entries(resolved).map(([name, reference]) =>
      verifyApplication(name, pull(reference, access), means, config),
    ),
  )
  assertPassed(facts.flat())
  return { images: resolved, frontendBuild: await nextBuildOf(pull(resolved.frontend!, access)) }
}

async function resolve(text: string, config: Config, access: RegistryAccess): Promise<string> {
  const reference = parseReference(text)
  try {
    const registry = await RegistryClient.open(reference.host, access)
    const resolved = formatReference({
      ...reference,
      digest: await resolveDigest(registry, config, formatReference(reference)),
    })
    console.log(`release: ${text} is ${resolved}`)
    return resolved
  } catch (error) {
    throw registryFailed(`${text} cannot be found; nothing was released`, error)
  }
}

/** An image of a registry. */
export function pull(reference: string, { username, password, service }: RegistryAccess): Container {
  const container = dag.container()
  const loggedIn = username && password ? container.withRegistryAuth(reference, username, password) : container
  return loggedIn.from(reference, { registryService: service })
}
