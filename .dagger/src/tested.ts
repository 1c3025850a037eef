import { Directory, func, object } from "@dagger.io/dagger"

import { buildImage } from "./build/build.js"
import { Built } from "./built.js"
import { decodeConfig } from "./config/codec.js"
import type { Config } from "./config/schema.js"
import { Image } from "./image.js"

/** Source whose tests have all passed: the only thing that can be built. */
@object()
export class Tested {
  /** The JUnit reports: backend.xml and frontend.xml. */
  @func()
  junit: Directory

  private source: Directory
  private settings: string
  private table: string

  constructor(source: Directory, settings: string, table: string, junit: Directory) {
    this.source = source
    this.settings = settings
    this.table = table
    this.junit = junit
  }

  /**
   * Build both images in parallel. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: a label of the images and part of their statements. The same source then has other digests for another commit. Default: none.
   */
  @func({ cache: "session" })
  async build(revision?: string): Promise<Built> {
    const config = this.config()
    const [backend, frontend] = await Promise.all([
      buildImage(this.source, "backend", config.backend, revision),
      buildImage(this.source, "frontend", config.frontend, revision),
    ])
    return new Built(this.source, this.settings, backend, frontend)
  }

  /**
   * Build the backend's image. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: a label of the images and part of their statements. The same source then has other digests for another commit. Default: none.
   */
  @func({ cache: "session" })
  async buildBackend(revision?: string): Promise<Image> {
    return new Image(
      "backend",
      await buildImage(this.source, "backend", this.config().backend, revision),
      this.settings,
    )
  }

  /**
   * Build the frontend's image. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: a label of the images and part of their statements. The same source then has other digests for another commit. Default: none.
   */
  @func({ cache: "session" })
  async buildFrontend(revision?: string): Promise<Image> {
    return new Image(
      "frontend",
      await buildImage(this.source, "frontend", this.config().frontend, revision),
      this.settings,
    )
  }

  /** The suites with their number of tests and time, as a table. */
  @func()
  summary(): string {
    return this.table
  }

  private config(): Config {
    return decodeConfig(this.settings)
  }
}
