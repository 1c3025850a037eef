import { Container, File, func, object } from "@dagger.io/dagger"

import { decodeConfig } from "./config/codec.js"
import type { Config } from "./config/schema.js"
import { formatTable, humanSize } from "./util/format.js"
import { inspectImage } from "./verify/image/inspect.js"
import { sizeOf } from "./verify/image/oci.js"
import { sbomOf } from "./verify/sbom.js"

/** One image, built from tested source. */
@object()
export class Image {
  /** The image as a container: to run, inspect or publish in another way. */
  @func()
  container: Container

  private name: string
  private config: string

  constructor(name: string, container: Container, config: string) {
    this.name = name
    this.container = container
    this.config = config
  }

  /** The image's size in the registry, layers and user, as a table. */
  @func()
  async summary(): Promise<string> {
    return imageTable({ [this.name]: this.container }, decodeConfig(this.config))
  }

  /** The software bill of materials, base included: packages with versions and licences, found by syft, as SPDX JSON. */
  @func()
  sbom(): File {
    return sbomOf(this.container, decodeConfig(this.config))
  }
}

/** A row an image: size in the registry, number of layers, user. */
export async function imageTable(images: Record<string, Container>, config: Config): Promise<string> {
  const rows = await Promise.all(
    Object.entries(images).map(async ([name, container]) => {
      const { image } = await inspectImage(container, config)
      return [name, humanSize(sizeOf(image.layers)), String(image.layers.length), image.user || "root"]
    }),
  )
  return formatTable(["IMAGE", "SIZE", "LAYERS", "USER"], rows)
}
