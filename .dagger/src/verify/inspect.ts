import { Container, dag } from "@dagger.io/dagger"

import { readImage, type OciImage } from "./oci.js"

/** Unpacks an image's archive; any image with tar would do. */
const TOOLS = "node:20-alpine"

/** Read an image as a registry would hold it, from its OCI layout. */
export async function inspectImage(image: Container): Promise<OciImage> {
  const layout = dag
    .container()
    .from(TOOLS)
    .withMountedFile("/image.tar", image.asTarball())
    .withExec(["mkdir", "/oci"])
    .withExec(["tar", "-xf", "/image.tar", "-C", "/oci"])
    .directory("/oci")
  return readImage(async path => JSON.parse(await layout.file(path).contents()))
}
