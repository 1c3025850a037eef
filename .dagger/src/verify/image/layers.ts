import { Container, Directory } from "@dagger.io/dagger"

import type { Config } from "../../config/schema.js"
import { CloudNativeError, lastLines } from "../../util/errors.js"
import { runTool, within } from "../../util/tool.js"
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
export async function unpackLayers(
  image: OciImage,
  layout: Directory,
  from: number,
  config: Config,
): Promise<UnpackedLayers> {
  let container = tools(config).withMountedDirectory("/oci", layout).withExec(["mkdir", LAYERS])
  for (const [index, { digest }] of image.layers.slice(from).entries())
    container = await unpack(container, digest, `${LAYERS}/${from + index + 1}`)
  const list = ["find", LAYERS, "-mindepth", "2", "-fprintf", LISTING, "%y %m %P\\n"]
  const listing = await within(container.withExec(list).file(LISTING).contents(), "find")
  return { container, files: listing.split("\n").flatMap(readLine) }
}

async function unpack(container: Container, digest: string, folder: string): Promise<Container> {
  const {
    container: unpacked,
    exitCode,
    stderr,
  } = await runTool(container.withExec(["mkdir", folder]), ["tar", "-xpf", `/oci/${blobPath(digest)}`, "-C", folder], {
    name: "tar",
  })
  if (exitCode === 0) return unpacked
  throw new CloudNativeError({
    code: "IMAGE_UNREADABLE",
    blame: "environment",
    what: "a layer of the image cannot be unpacked",
    why: `${digest}: ${lastLines(stderr)}`,
    fix: "let what builds the image compress its layers with gzip",
  })
}

function readLine(line: string): LayerFile[] {
  const [, kind, mode, layer, path] = /^(\S) (\d+) (\d+)\/(.+)$/.exec(line) ?? []
  if (!path) return []
  return [
    {
      layer: Number(layer),
      path,
      type: kind === "f" ? "file" : kind === "d" ? "folder" : "other",
      mode: parseInt(mode!, 8),
    },
  ]
}
