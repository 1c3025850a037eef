import { Container, dag, File } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"

const SBOM = "/tmp/sbom.spdx.json"

/** What an image is made of, found by syft in its layers: SPDX as JSON. */
export function sbomOf(image: Container, config: Config): File {
  return dag
    .container()
    .from(config.images.syft)
    .withEnvVariable("SYFT_CHECK_FOR_APP_UPDATE", "false")
    .withMountedFile("/image.tar", image.asTarball())
    .withExec(["scan", "--quiet", "oci-archive:/image.tar", `--source-name=${config.name}`, `--output=spdx-json=${SBOM}`], { useEntrypoint: true })
    .file(SBOM)
}
