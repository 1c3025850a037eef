import { Container, Directory, func, object, Secret, Service } from "@dagger.io/dagger"

import { buildImage } from "./build/build.js"
import { Built, factsOf, verifiedOf } from "./built.js"
import { applicationsOf, assertApplication } from "./config/applications.js"
import { decodeConfig } from "./config/codec.js"
import { Image } from "./image.js"
import { accessToOf, buildSecretsOf, type Settings, withSettings } from "./settings.js"
import { type Limit, limited } from "./util/limited.js"
import type { Verified } from "./verified.js"

/** Source whose tests have all passed: the only thing that can be built. */
@object()
export class Tested implements Settings {
  /** The JUnit reports, one for each application: backend.xml, frontend.xml, and so on. */
  @func()
  junit: Directory

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
  private table: string
  private pinned: Directory

  constructor(config: string, table: string, junit: Directory, pinned: Directory) {
    this.config = config
    this.table = table
    this.junit = junit
    this.pinned = pinned
  }

  /**
   * Build all images in parallel. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: becomes a label of the images and part of their provenance, and so changes their digests. Default: none.
   */
  @func({ cache: "session" })
  async build(revision?: string): Promise<Built> {
    const containers = await Promise.all(Object.values(this.builds(limited(), revision)))
    return withSettings(new Built(this.config, containers), this)
  }

  /**
   * Build the image of the backend. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: becomes a label of the image, and so changes its digest. Default: none.
   */
  @func({ cache: "session" })
  async buildBackend(revision?: string): Promise<Image> {
    return this.buildApplication("backend", revision)
  }

  /**
   * Build the image of the frontend. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: becomes a label of the image, and so changes its digest. Default: none.
   */
  @func({ cache: "session" })
  async buildFrontend(revision?: string): Promise<Image> {
    return this.buildApplication("frontend", revision)
  }

  /**
   * Build the image of one application. Fails with the failing step and its output.
   *
   * @param name Name of the application: backend, frontend, or a key of applications in cloud-native.yaml.
   * @param revision Commit of the source, for example $GITHUB_SHA: becomes a label of the image, and so changes its digest. Default: none.
   */
  @func({ cache: "session" })
  async buildApplication(name: string, revision?: string): Promise<Image> {
    assertApplication(name, decodeConfig(this.config))
    return new Image(name, await this.buildOne(name, revision), this.config)
  }

  /** The suites with their number of tests and time, as a table. */
  @func()
  summary(): string {
    return this.table
  }

  /** The images, each verified as soon as it is built. Fails with the table of all checks if any check fails. */
  async verified(revision?: string): Promise<Verified> {
    const limit = limited()
    return verifiedOf(this, this.config, this.builds(limit, revision), { limit })
  }

  /** Every fact of the images and of their source as JSON, passed or not. */
  async facts(knownSecrets?: Secret[]): Promise<string> {
    const limit = limited()
    return factsOf(this, this.config, this.builds(limit), { limit, knownSecrets })
  }

  private builds(limit: Limit, revision?: string): Record<string, Promise<Container>> {
    const names = Object.keys(applicationsOf(decodeConfig(this.config)))
    return Object.fromEntries(names.map(name => [name, limit(() => this.buildOne(name, revision))]))
  }

  private async buildOne(name: string, revision?: string): Promise<Container> {
    return buildImage(this.source, name, decodeConfig(this.config), {
      accessTo: accessToOf(this),
      secrets: await buildSecretsOf(this),
      pinned: this.pinned.directory(name),
      revision,
    })
  }
}
