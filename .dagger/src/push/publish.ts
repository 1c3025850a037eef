import { Container, Directory } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import type { RegistryAccess } from "../registry/access.js"
import { refusesLogin } from "../registry/client.js"
import { isLoopback } from "../registry/reference.js"
import { CloudNativeError, messageOf } from "../util/errors.js"
import type { FactRow } from "../verify/facts.js"

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

/** Where the images go, before there is a digest of them. */
export function namesOf(registry: string, name: string): PushedImages {
  const of = (app: string) => `${registry.replace(/\/+$/, "")}/${name}-${app}`
  return { backend: of("backend"), frontend: of("frontend") }
}

export async function publishImages(
  images: VerifiedImages,
  registry: string,
  access: RegistryAccess,
): Promise<PushedImages> {
  const tag = (await images.source.digest()).replace(/^.*:/, "").slice(0, 12)
  const names = namesOf(registry, images.config.name)
  const [backend, frontend] = await Promise.all([
    publishImage(images.backend, `${names.backend}:${tag}`, access),
    publishImage(images.frontend, `${names.frontend}:${tag}`, access),
  ])
  return { backend, frontend }
}

async function publishImage(image: Container, address: string, access: RegistryAccess): Promise<string> {
  const authenticated =
    access.username && access.password ? image.withRegistryAuth(address, access.username, access.password) : image
  console.log(`push: ${address}`)
  try {
    return withoutTag(await authenticated.publish(address, { registryService: access.service }))
  } catch (error) {
    throw new CloudNativeError({
      code: "PUSH_FAILED",
      blame: "environment",
      what: `could not push ${address}`,
      why: messageOf(error),
      fix: remedyOfPush(messageOf(error), address.split("/")[0]!, access),
      cause: error,
    })
  }
}

/** The likeliest way out. `host` is the registry's. */
export function remedyOfPush(output: string, host: string, { service }: RegistryAccess): string {
  if (refusesLogin(output)) return "check --username and --password, and that they may push there"
  const check = "check the address, that the registry is up, and what it answered"
  return isLoopback(host) && !service
    ? `${check}; if only this machine knows it as ${host}, add --registry-service=tcp://${host}`
    : check
}

/** host:5000/name:tag@sha256:… → host:5000/name@sha256:… */
function withoutTag(reference: string): string {
  const [name, digest] = reference.split("@")
  return `${name!.replace(/:[^:/]+$/, "")}@${digest}`
}
