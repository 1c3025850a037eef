import { Container, dag, File } from "@dagger.io/dagger"
import { z } from "zod"

import type { Config } from "../config/schema.js"
import { CloudNativeError, messageOf } from "../errors.js"
import type { Row } from "./facts.js"
import { layoutOf } from "./inspect.js"

const SBOM = "/tmp/sbom.spdx.json"

/** What an image is made of, found by syft in its layers: SPDX as JSON. */
export function sbomOf(image: Container, config: Config): File {
  return dag
    .container()
    .from(config.images.syft)
    .withEnvVariable("SYFT_CHECK_FOR_APP_UPDATE", "false")
    .withMountedDirectory("/image", layoutOf(image, config))
    .withExec(["scan", "oci-dir:/image", `--source-name=${config.name}`, `--output=spdx-json=${SBOM}`], { useEntrypoint: true })
    .file(SBOM)
}

const Spdx = z.object({ spdxVersion: z.string(), packages: z.array(z.unknown()) })

/** Whether it is known what the image is made of. */
export async function sbomRow(image: Container, config: Config): Promise<Row> {
  const { spdxVersion, packages } = await readSbom(sbomOf(image, config))
  return {
    name: "SBOM",
    limit: "there is one",
    actual: `${packages.length} packages`,
    verdict: packages.length > 0 ? "pass" : "fail",
    how: `syft, ${spdxVersion}`,
  }
}

async function readSbom(file: File): Promise<z.infer<typeof Spdx>> {
  try {
    return Spdx.parse(JSON.parse(await file.contents()))
  } catch (error) {
    throw new CloudNativeError({
      code: "TOOL_FAILED",
      blame: "environment",
      what: "syft made no SBOM",
      why: messageOf(error),
      fix: "mend what it names, or set images.syft in cloud-native.yaml to one that works",
      cause: error,
    })
  }
}
