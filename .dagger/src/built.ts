import { Container, Directory, func, object, Secret, Service } from "@dagger.io/dagger"

import { assertApplication, byApplication } from "./config/applications.js"
import { decodeConfig } from "./config/codec.js"
import type { Config } from "./config/schema.js"
import { Image, imageTable } from "./image.js"
import { accessToOf, secretsOf, type Settings, withSettings } from "./settings.js"
import { type Limit, limited } from "./util/limited.js"
import { Verification } from "./verification.js"
import { Verified } from "./verified.js"
import { encodeFacts } from "./verify/facts.js"
import { verifyApplication, verifySource } from "./verify/verify.js"

/** The images, built from tested source, not verified yet. */
@object()
export class Built implements Settings {
  source!: Directory
  registry?: string
  username?: string
  password?: Secret
  registryService?: Service
  signingKey?: Secret
  signingPassword?: Secret
  scanner?: Container
  kubeconfig?: Secret
  context?: string
  namespace?: string
  apiServer?: Service
  manifests?: Directory
  overlay?: string
  secrets?: Secret
  buildSecrets?: Secret
  createPullSecret!: boolean
  publicUrl?: string
  timeout!: string

  private config: string
  /** In the order of the applications. */
  private containers: Container[]

  constructor(config: string, containers: Container[]) {
    this.config = config
    this.containers = containers
  }

  /** The image of the backend. */
  @func()
  backend(): Image {
    return this.application("backend")
  }

  /** The image of the frontend. */
  @func()
  frontend(): Image {
    return this.application("frontend")
  }

  /**
   * The image of one application.
   *
   * @param name Name of the application: backend, frontend, or a key of applications in cloud-native.yaml.
   */
  @func()
  application(name: string): Image {
    const config = this.readConfig()
    assertApplication(name, config)
    return new Image(name, byApplication(config, this.containers)[name]!, this.config)
  }

  /**
   * Verify the images, and search the source for secrets.
   *
   * Runs every check, and fails with the table of all of them if any check fails.
   *
   * @param knownSecrets Further secrets whose values must not be in an image, for example env:TOKEN. The secrets among the settings are always searched for.
   */
  @func({ cache: "never" })
  async verifyImage(knownSecrets?: Secret[]): Promise<Verified> {
    const built = this.containers.map(container => Promise.resolve(container))
    return verifiedOf(this, this.config, byApplication(this.readConfig(), built), { knownSecrets })
  }

  /** The images with their size in the registry, layers and user, as a table. */
  @func()
  async summary(): Promise<string> {
    const config = this.readConfig()
    return imageTable(byApplication(config, this.containers), config)
  }

  private readConfig(): Config {
    return decodeConfig(this.config)
  }
}

/** Images by application, of which some may still be built. */
type Images = Record<string, Promise<Container>>

interface Verifying {
  /** What the builds go by, too. Default: there are none. */
  limit?: Limit
  knownSecrets?: Secret[]
}

/** The images, each verified as soon as it is there. Fails with the table of all checks if any check fails. */
export async function verifiedOf(
  settings: Settings,
  config: string,
  images: Images,
  options: Verifying,
): Promise<Verified> {
  const facts = await factsOf(settings, config, images, options)
  new Verification(facts).summary()
  return withSettings(new Verified(config, await Promise.all(Object.values(images)), facts), settings)
}

/** Every fact of the images and of their source as JSON, passed or not. */
export async function factsOf(
  settings: Settings,
  encoded: string,
  images: Images,
  { limit = limited(), knownSecrets }: Verifying,
): Promise<string> {
  const config = decodeConfig(encoded)
  const means = {
    scanner: settings.scanner,
    secrets: secretsOf(settings, knownSecrets),
    source: settings.source,
    accessTo: accessToOf(settings),
  }
  const rows = await Promise.all([
    ...Object.entries(images).map(async ([name, image]) => {
      const built = await image
      return limit(() => verifyApplication(name, built, means, config))
    }),
    verifySource(settings.source, config),
  ])
  return encodeFacts(rows.flat())
}
