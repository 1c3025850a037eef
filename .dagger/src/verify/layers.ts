import { Container, Directory } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { tools } from "./inspect.js"
import { blobPath, type OciImage } from "./oci.js"

/** The layers of an image, each unpacked in a folder of its own: what a later one deletes is there all the same. */
export const LAYERS = "/layers"
const LISTING = "/listing"

export interface UnpackedLayers {
  /** A container that has them below LAYERS, named by their position in the image, the lowest being 1. */
  container: Container
  files: LayerFile[]
}

export interface LayerFile {
  layer: number
  /** From the root of the image. */
  path: string
  type: "file" | "folder" | "other"
  /** Permissions, set-user-ID, set-group-ID and sticky bit. */
  mode: number
}

/** Unpack the layers from a position on. */
export async function unpackLayers(image: OciImage, layout: Directory, from: number, config: Config): Promise<UnpackedLayers> {
  const empty = tools(config).withMountedDirectory("/oci", layout).withExec(["mkdir", LAYERS])
  const container = image.layers.slice(from).reduce((made, { digest }, index) => {
    const folder = `${LAYERS}/${from + index + 1}`
    return made.withExec(["mkdir", folder]).withExec(["tar", "-xpf", `/oci/${blobPath(digest)}`, "-C", folder])
  }, empty)
  const listing = await container.withExec(["find", LAYERS, "-mindepth", "2", "-fprintf", LISTING, "%y %m %P\\n"]).file(LISTING).contents()
  return { container, files: listing.split("\n").flatMap(readLine) }
}

function readLine(line: string): LayerFile[] {
  const [, kind, mode, layer, path] = /^(\S) (\d+) (\d+)\/(.+)$/.exec(line) ?? []
  if (!path) return []
  return [{ layer: Number(layer), path, type: kind === "f" ? "file" : kind === "d" ? "folder" : "other", mode: parseInt(mode!, 8) }]
}
