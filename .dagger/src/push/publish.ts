import { Container, Directory } from "@dagger.io/dagger"

import { applicationsOf } from "../config/applications.js"
import type { Config } from "../config/schema.js"
import type { RegistryAccess } from "../registry/access.js"
import { refusesLogin } from "../registry/client.js"
import { createCommand } from "../registry/ecr.js"
import { formatReference, isLoopback, parseReference, type Reference } from "../registry/reference.js"
import { CloudNativeError, messageOf } from "../util/errors.js"
import { within } from "../util/within.js"
import type { FactRow } from "../verify/facts.js"
import { inspectImage } from "../verify/image/inspect.js"

/** The images, verified, and what they were made of. */
export interface VerifiedImages {
  source: Directory
  config: Config
  /** By application. */
  containers: Record<string, Container>
  /** What was found out about all of them. */
  facts: FactRow[]
}

/** References by digest, by application: what was verified is what runs, wherever a tag moves. */
export type PushedImages = Record<string, string>

/** Stands for images that are yet to be built, by nobody knows where. */
export const NOT_PUSHED = "<new>"

export function notPushed(config: Config): PushedImages {
  return Object.fromEntries(Object.keys(applicationsOf(config)).map(name => [name, NOT_PUSHED]))
}

/** Seconds that a push of one image may take. */
const TIMEOUT = 1200

/** Names of the images below a registry's path, before they have a digest. */
export function namesOf(prefix: string, config: Config): PushedImages {
  const names = Object.keys(applicationsOf(config))
  return Object.fromEntries(names.map(app => [app, `${prefix}/${config.name}-${app}`]))
}

/** The registry that the images are in. */
export function hostOf(images: PushedImages): string {
  return parseReference(images.backend!).host
}

export async function publishImages(
  images: VerifiedImages,
  prefix: string,
  access: RegistryAccess,
): Promise<PushedImages> {
  const source = await images.source.digest()
  const names = namesOf(prefix, images.config)
  const published = await Promise.all(
    Object.entries(images.containers).map(async ([name, container]) => {
      const { image } = await inspectImage(container, images.config)
      return [name, await publishImage(container, `${names[name]}:${tagOf(source, image.id)}`, access)]
    }),
  )
  return Object.fromEntries(published) as PushedImages
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
      () => authenticated.publish(address, { registryService: access.service }),
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
  if (/name[ _]unknown|repository.* (does not exist|not found)/i.test(output)) {
    const command = createCommand({ host, repository })
    return command
      ? `create the repository, which ECR does not do by default: ${command}`
      : `create the repository ${repository} in the registry, or check the path of --registry`
  }
  if (refusesLogin(output)) return "check --username and --password, and that they may push there"
  const check = "check the address, that the registry is up, and what it answered"
  return isLoopback(host) && !service
    ? `${check}; if only this machine knows it as ${host}, add --registry-service=tcp://${host}`
    : check
}
