import { Container, Directory, File } from "@dagger.io/dagger"

import type { Config } from "../../config/schema.js"
import { CloudNativeError, lastLines } from "../../util/errors.js"
import { runTool, within } from "../../util/tool.js"
import { tools } from "./inspect.js"
import { blobPath, type OciImage } from "./oci.js"

/** Where a layer is, and where it is unpacked to. */
export const BLOB = "/blob"
export const FOLDER = "/layer"
const LISTING = "/listing"

/** A layer, unpacked by itself: what a later one deletes is there all the same. */
export interface UnpackedLayer {
  /** Its position in the image, the lowest being 1. */
  position: number
  /** As the registry has it. */
  blob: File
  folder: Directory
  files: LayerFile[]
}

export interface LayerFile {
  layer: number
  /** From the root of the image. */
  path: string
  type: "file" | "folder" | "other"
  /** Permissions, set-user-ID, set-group-ID and sticky bit. */
  mode: number
  /** In bytes. */
  size: number
}

/** Unpack the layers from a position on, side by side. Each is cached by its content: one that another build has too is not unpacked again. */
export async function unpackLayers(
  image: OciImage,
  layout: Directory,
  from: number,
  config: Config,
): Promise<UnpackedLayer[]> {
  const own = image.layers.slice(from)
  return Promise.all(
    own.map(({ digest }, index) => unpack(layout.file(blobPath(digest)), digest, from + index + 1, config)),
  )
}

/** A container to unpack a layer in, where it runs. */
export function withBlob(blob: File, config: Config): Container {
  return tools(config).withMountedFile(BLOB, blob).withWorkdir(FOLDER)
}

async function unpack(blob: File, digest: string, position: number, config: Config): Promise<UnpackedLayer> {
  const { container, exitCode, stderr } = await runTool(withBlob(blob, config), ["tar", "-xpf", BLOB], {
    name: "tar",
    timeout: config.verification.timeout,
  })
  if (exitCode !== 0) throw unreadable(digest, stderr)
  const list = ["find", FOLDER, "-mindepth", "1", "-fprintf", LISTING, "%y %m %s %P\\n"]
  const listing = await within(container.withExec(list).file(LISTING).contents(), "find", config.verification.timeout)
  const files = listing.split("\n").flatMap(line => readLine(line, position))
  return { position, blob, folder: container.directory(FOLDER), files }
}

function unreadable(digest: string, stderr: string): CloudNativeError {
  return new CloudNativeError({
    code: "IMAGE_UNREADABLE",
    blame: "environment",
    what: "a layer of the image cannot be unpacked",
    why: `${digest}: ${lastLines(stderr)}`,
    fix: "let what builds the image compress its layers with gzip",
  })
}

function readLine(line: string, layer: number): LayerFile[] {
  const [, kind, mode, size, path] = /^(\S) (\d+) (\d+) (.+)$/.exec(line) ?? []
  if (!path) return []
  const type = kind === "f" ? "file" : kind === "d" ? "folder" : "other"
  return [{ layer, path, type, mode: parseInt(mode!, 8), size: Number(size) }]
}
