import { Container, Directory } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import type { RegistryAccess } from "../registry/access.js"
import { refusesLogin } from "../registry/client.js"
import { formatReference, isLoopback, parseReference, type Reference } from "../registry/reference.js"
import { CloudNativeError, messageOf } from "../util/errors.js"
import { within } from "../util/tool.js"
import type { FactRow } from "../verify/facts.js"
import { inspectImage } from "../verify/image/inspect.js"

export const APPLICATIONS = ["backend", "frontend"] as const
export type Application = (typeof APPLICATIONS)[number]

/** Both images, verified, and what they were made of. */
export interface VerifiedImages {
  source: Directory
  config: Config
  backend: Container
  frontend: Container
  /** What was found out about both. */
  facts: FactRow[]
}

/** References by digest: what was verified is what runs, wherever a tag moves. */
export type PushedImages = Record<Application, string>

/** Stands for images that are yet to be built, by nobody knows where. */
export const NOT_PUSHED = "<new>"

/** Amazon's registries. */
const ECR = /\.dkr\.ecr(-fips)?\.[^.]+\.amazonaws\.com/
/** Seconds that a push of one image may take. */
const TIMEOUT = 1200

/** Names of the images below a registry's path, before they have a digest. */
export function namesOf(prefix: string, name: string): PushedImages {
  const of = (app: string) => `${prefix}/${name}-${app}`
  return { backend: of("backend"), frontend: of("frontend") }
}

export async function publishImages(
  images: VerifiedImages,
  prefix: string,
  access: RegistryAccess,
): Promise<PushedImages> {
  const source = await images.source.digest()
  const names = namesOf(prefix, images.config.name)
  const [backend, frontend] = await Promise.all(
    APPLICATIONS.map(async application => {
      const { image } = await inspectImage(images[application], images.config)
      return publishImage(images[application], `${names[application]}:${tagOf(source, image.id)}`, access)
    }),
  )
  return { backend: backend!, frontend: frontend! }
}

/**
 * A tag for one image of one source. The source alone is not enough: it may build into another image on another day, which a
 * registry with immutable tags would refuse. The same image again finds its own tag there.
 */
export function tagOf(source: string, image: string): string {
  const digits = (digest: string) => digest.replace(/^.*:/, "").slice(0, 12)
  return `${digits(source)}-${digits(image)}`
}

async function publishImage(image: Container, address: string, access: RegistryAccess): Promise<string> {
  const authenticated =
    access.username && access.password ? image.withRegistryAuth(address, access.username, access.password) : image
  console.log(`push: ${address}`)
  try {
    const pushed = await within(
      authenticated.publish(address, { registryService: access.service }),
      `the push of ${address}`,
      TIMEOUT,
      "check that the registry is up and takes uploads, and try again: layers that it has are not sent twice",
    )
    return formatReference(parseReference(pushed))
  } catch (error) {
    if (error instanceof CloudNativeError) throw error
    throw new CloudNativeError({
      code: "PUSH_FAILED",
      blame: "environment",
      what: `could not push ${address}`,
      why: messageOf(error),
      fix: remedyOfPush(messageOf(error), parseReference(address), access),
      cause: error,
    })
  }
}

/** The likeliest fix. */
export function remedyOfPush(
  output: string,
  { host, repository, tag }: Reference,
  { service }: RegistryAccess,
): string {
  if (/immutable|cannot be overwritten/i.test(output))
    return `the registry lets no tag be overwritten, and ${tag} is another image there: delete that tag, or make tags of ${repository} mutable`
  if (/name.?unknown|repository.* (does not exist|not found)/i.test(output))
    return ECR.test(host)
      ? `create the repository, which ECR does not do by itself: aws ecr create-repository --repository-name ${repository}`
      : `create the repository ${repository} in the registry, or check the path of --registry`
  if (refusesLogin(output)) return "check --username and --password, and that they may push there"
  const check = "check the address, that the registry is up, and what it answered"
  return isLoopback(host) && !service
    ? `${check}; if only this machine knows it as ${host}, add --registry-service=tcp://${host}`
    : check
}
