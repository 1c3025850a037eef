import { Container, Directory, func, object } from "@dagger.io/dagger"

import type { Config } from "./config/schema.js"
import { Image, imageTable } from "./image.js"
import { Verification } from "./verification.js"
import { Verified } from "./verified.js"
import { verifyContainer } from "./verify/verify.js"

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

  /** Verify both images: size, base and user. Fails when a fact does, with the table of all of them. */
  @func()
  async verifyImage(): Promise<Verified> {
    const facts = await this.facts()
    new Verification(facts).summary()
    return new Verified(this.source, this.settings, this.backendContainer, this.frontendContainer, facts)
  }

  /** The images with their size in the registry, base and user, as a table. */
  @func()
  async summary(): Promise<string> {
    return imageTable({ backend: this.backendContainer, frontend: this.frontendContainer })
  }

  /** Every fact of both images as JSON, passed or not. */
  async facts(): Promise<string> {
    const config = JSON.parse(this.settings) as Config
    const rows = await Promise.all([
      verifyContainer(this.backendContainer, { name: "backend", base: config.backend.base }, config),
      verifyContainer(this.frontendContainer, { name: "frontend", base: config.frontend.base }, config),
    ])
    return JSON.stringify(rows.flat())
  }
}
