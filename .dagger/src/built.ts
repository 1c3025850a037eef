import { Container, Directory, func, object, Secret, Service } from "@dagger.io/dagger"

import { decodeConfig } from "./config/codec.js"
import type { Config } from "./config/schema.js"
import { Image, imageTable } from "./image.js"
import { accessToOf, secretsOf, type Settings, withSettings } from "./settings.js"
import { Verification } from "./verification.js"
import { Verified } from "./verified.js"
import { encodeFacts } from "./verify/facts.js"
import { verifyApplication, verifySource } from "./verify/verify.js"

/** Both images, built from tested source, not verified yet. */
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
  publicUrl?: string
  timeout!: string

  private config: string
  private backendContainer: Container
  private frontendContainer: Container

  constructor(config: string, backend: Container, frontend: Container) {
    this.config = config
    this.backendContainer = backend
    this.frontendContainer = frontend
  }

  /** The image of the backend. */
  @func()
  backend(): Image {
    return new Image("backend", this.backendContainer, this.config)
  }

  /** The image of the frontend. */
  @func()
  frontend(): Image {
    return new Image("frontend", this.frontendContainer, this.config)
  }

  /**
   * Verify both images, and search the source for secrets.
   *
   * Runs every check, and fails with the table of all of them if any check fails.
   *
   * @param knownSecrets Further secrets whose values must not be in an image, for example env:TOKEN. The secrets among the settings are always searched for.
   */
  @func({ cache: "never" })
  async verifyImage(knownSecrets?: Secret[]): Promise<Verified> {
    const facts = await this.facts(knownSecrets)
    new Verification(facts).summary()
    return withSettings(new Verified(this.config, this.backendContainer, this.frontendContainer, facts), this)
  }

  /** The images with their size in the registry, layers and user, as a table. */
  @func()
  async summary(): Promise<string> {
    return imageTable({ backend: this.backendContainer, frontend: this.frontendContainer }, this.readConfig())
  }

  /** Every fact of both images and of their source as JSON, passed or not. */
  async facts(knownSecrets?: Secret[]): Promise<string> {
    const config = this.readConfig()
    const means = {
      scanner: this.scanner,
      secrets: secretsOf(this, knownSecrets),
      source: this.source,
      accessTo: accessToOf(this),
    }
    const rows = await Promise.all([
      verifyApplication("backend", this.backendContainer, means, config),
      verifyApplication("frontend", this.frontendContainer, means, config),
      verifySource(this.source, config),
    ])
    return encodeFacts(rows.flat())
  }

  private readConfig(): Config {
    return decodeConfig(this.config)
  }
}
