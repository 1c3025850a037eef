import { Container, dag, File } from "@dagger.io/dagger"
import { z } from "zod"

import type { Config } from "../config/schema.js"
import { CloudNativeError, messageOf } from "../util/errors.js"
import { within } from "../util/within.js"
import { checkLimits } from "./check-limits.js"
import type { Row } from "./facts.js"
import { layoutOf } from "./image/inspect.js"

const SBOM = "/tmp/sbom.spdx.json"

/** What an image is made of, found by syft in its layers: SPDX as JSON. */
export function sbomOf(image: Container, config: Config): File {
  return dag
    .container()
    .from(config.images.syft)
    .withEnvVariable("SYFT_CHECK_FOR_APP_UPDATE", "false")
    .withMountedDirectory("/image", layoutOf(image, config))
    .withExec(["scan", "oci-dir:/image", `--source-name=${config.name}`, `--output=spdx-json=${SBOM}`], {
      useEntrypoint: true,
    })
    .file(SBOM)
}

const Spdx = z.object({
  spdxVersion: z.string(),
  packages: z.array(z.object({ SPDXID: z.string() })),
  relationships: z
    .array(z.object({ spdxElementId: z.string(), relationshipType: z.string(), relatedSpdxElement: z.string() }))
    .default([]),
})
export type Spdx = z.infer<typeof Spdx>

export const SBOM_FACT = { name: "SBOM", limit: "there is one" }

/** Whether it is known what the image is made of. */
export async function sbomRow(image: Container, config: Config): Promise<Row> {
  return packagesRow(await readSbom(sbomOf(image, config), config))
}

/** An image is itself a package of its SBOM: the one that the document describes. */
export function packagesRow({ spdxVersion, packages, relationships }: Spdx): Row {
  const described = relationships.filter(
    ({ spdxElementId: of, relationshipType: type }) => of === "SPDXRef-DOCUMENT" && type === "DESCRIBES",
  )
  const inside = packages.filter(
    ({ SPDXID: id }) => !described.some(({ relatedSpdxElement: root }) => root === id),
  ).length
  return {
    ...SBOM_FACT,
    actual: `${inside} packages`,
    verdict: inside > 0 ? "pass" : "fail",
    how: `syft, ${spdxVersion}`,
  }
}

async function readSbom(file: File, config: Config): Promise<Spdx> {
  const { timeout, fix } = checkLimits(config)
  try {
    return Spdx.parse(JSON.parse(await within(() => file.contents(), "syft", timeout, fix)))
  } catch (error) {
    if (error instanceof CloudNativeError) throw error
    throw new CloudNativeError({
      code: "TOOL_FAILED",
      blame: "environment",
      what: "syft made no SBOM",
      why: messageOf(error),
      fix: "fix what it names, or set images.syft in cloud-native.yaml to one that works",
      cause: error,
    })
  }
}
