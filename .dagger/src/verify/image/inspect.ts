import { Container, dag, Directory } from "@dagger.io/dagger"

import type { Config } from "../../config/schema.js"
import { CloudNativeError, messageOf } from "../../util/errors.js"
import { quietly } from "../../util/quietly.js"
import { uniqueValue } from "../../util/unique.js"
import { within } from "../../util/within.js"
import { type OciImage, readImage } from "./oci.js"

export interface Inspected {
  image: OciImage
  layout: Directory
}

/** Read an image as a registry would hold it; `anew`: whatever was read of it before. */
export async function inspectImage(container: Container, config: Config, anew = false): Promise<Inspected> {
  await assertReadable(container)
  const layout = layoutOf(container, config, anew)
  const read = async (path: string) => JSON.parse(await layout.file(path).contents()) as unknown
  return { layout, image: await quietly("layers of an image", () => readImage(read)) }
}

/** An image as a registry would hold it: an OCI layout; `anew`: whatever was made of it before. */
export function layoutOf(container: Container, config: Config, anew = false): Directory {
  const machine = anew ? tools(config).withEnvVariable("CLOUD_NATIVE_RERUN", uniqueValue()) : tools(config)
  return machine
    .withMountedFile("/image.tar", container.asTarball())
    .withWorkdir("/oci")
    .withExec(["tar", "-xf", "/image.tar"])
    .directory("/oci")
}

/** Seconds that a pull may take, or what else makes an image that the caller gives. */
const PULL = 3600

async function assertReadable(container: Container): Promise<void> {
  try {
    await within(() => container.asTarball().sync(), "the pull of the image", PULL)
  } catch (error) {
    throw error instanceof CloudNativeError ? error : unreadable(error)
  }
}

export function unreadable(error: unknown): CloudNativeError {
  return new CloudNativeError({
    code: "IMAGE_UNREADABLE",
    blame: "environment",
    what: "the image cannot be pulled",
    why: messageOf(error),
    fix: "check its name, that it is an image, and that its registry is up and lets it be pulled",
    cause: error,
  })
}

/** A container with what looks into images: tar, find, grep and Python. */
export function tools(config: Config): Container {
  return dag.container().from(config.images.python)
}
