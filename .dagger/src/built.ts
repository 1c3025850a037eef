import { Container, Directory, func, object, Secret } from "@dagger.io/dagger"

import { decodeConfig } from "./config/codec.js"
import type { Config } from "./config/schema.js"
import { Image, imageTable } from "./image.js"
import { Verification } from "./verification.js"
import { Verified } from "./verified.js"
import { encodeFacts } from "./verify/facts.js"
import { type Means, verifyApplication, verifySource } from "./verify/verify.js"

/** Both images, built from tested source, not verified yet. */
@object()
export class Built {
  private source: Directory
  private settings: string
  private backendContainer: Container
  private frontendContainer: Container

  constructor(source: Directory, settings: string, backend: Container, frontend: Container) {
    this.source = source
    this.settings = settings
    this.backendContainer = backend
    this.frontendContainer = frontend
  }

  /** The backend's image. */
  @func()
  backend(): Image {
    return new Image("backend", this.backendContainer, this.settings)
  }

  /** The frontend's image. */
  @func()
  frontend(): Image {
    return new Image("frontend", this.frontendContainer, this.settings)
  }

  /**
   * Verify both images, and look for secrets in the source. Every fact is evaluated; fails, with the table of all of them,
   * when one is not as it has to be.
   *
   * @param scanner An image that takes the arguments of grype and has or reaches its database, to find known vulnerabilities. Default: they are not checked.
   * @param secrets Secrets whose values must not be in an image, for example env:TOKEN. Default: none.
   */
  @func({ cache: "never" })
  async verifyImage(scanner?: Container, secrets?: Secret[]): Promise<Verified> {
    const facts = await this.facts({ scanner, secrets })
    new Verification(facts).summary()
    return new Verified(this.source, this.settings, this.backendContainer, this.frontendContainer, facts)
  }

  /** The images with their size in the registry, base and user, as a table. */
  @func()
  async summary(): Promise<string> {
    return imageTable({ backend: this.backendContainer, frontend: this.frontendContainer }, this.config())
  }

  /** Every fact of both images and of their source as JSON, passed or not. */
  async facts(given: Pick<Means, "scanner" | "secrets">): Promise<string> {
    const config = this.config()
    const means = { ...given, source: this.source }
    const rows = await Promise.all([
      verifyApplication("backend", this.backendContainer, means, config),
      verifyApplication("frontend", this.frontendContainer, means, config),
      verifySource(this.source, config),
    ])
    return encodeFacts(rows.flat())
  }

  private config(): Config {
    return decodeConfig(this.settings)
  }
}
