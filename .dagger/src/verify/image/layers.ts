import { Container, Directory, File } from "@dagger.io/dagger"

import type { Config } from "../../config/schema.js"
import { CloudNativeError, lastLines } from "../../util/errors.js"
import { runTool } from "../../util/tool.js"
import { within } from "../../util/within.js"
import { checkLimits } from "../check-limits.js"
import { tools } from "./inspect.js"
import { blobPath, type OciImage } from "./oci.js"

/** Where a layer is, and where it is unpacked to. */
export const BLOB = "/blob"
export const FOLDER = "/layer"
const LISTING = "/listing"

/** A layer of an image. */
export interface Layer {
  /** Its position in the image, the lowest being 1. */
  position: number
  digest: string
  /** As the registry has it. */
  blob: File
}

/** A layer, unpacked by itself: what a later one deletes is there all the same. */
export interface UnpackedLayer extends Layer {
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

/** The layers of an image, an OCI layout, from a position on. */
export function layersFrom(image: OciImage, layout: Directory, from: number): Layer[] {
  return image.layers
    .slice(from)
    .map(({ digest }, index) => ({ position: from + index + 1, digest, blob: layout.file(blobPath(digest)) }))
}

/** Unpack layers side by side. Each is cached by its content: one that another build has too is not unpacked again. */
export async function unpackLayers(layers: Layer[], config: Config): Promise<UnpackedLayer[]> {
  return Promise.all(layers.map(layer => unpack(layer, config)))
}

async function unpack(layer: Layer, config: Config): Promise<UnpackedLayer> {
  const container = await unpackedBy(["tar", "-xpf", BLOB], layer, config)
  const list = ["find", FOLDER, "-mindepth", "1", "-fprintf", LISTING, "%y %m %s %P\\n"]
  const { timeout, fix } = checkLimits(config)
  const listing = await within(() => container.withExec(list).file(LISTING).contents(), "find", timeout, fix)
  const files = listing.split("\n").flatMap(line => readLine(line, layer.position))
  return { ...layer, folder: container.directory(FOLDER), files }
}

/** The container in which a command has unpacked `BLOB`, a layer, to `FOLDER`, where it runs. */
export async function unpackedBy(command: string[], { blob, digest }: Layer, config: Config): Promise<Container> {
  const machine = tools(config).withMountedFile(BLOB, blob).withWorkdir(FOLDER)
  const { container, exitCode, stderr } = await runTool(machine, command, { name: "tar", ...checkLimits(config) })
  if (exitCode !== 0) throw unreadable(digest, stderr)
  return container
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
