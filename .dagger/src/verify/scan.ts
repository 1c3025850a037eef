import { Container, Directory } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { today } from "../util/time.js"
import { runTool } from "../util/tool.js"
import type { Row } from "./facts.js"
import { notScannedRow, readReport, vulnerabilitiesRow } from "./vulnerabilities.js"

/** Look for known vulnerabilities in an image, an OCI layout, with the scanner given, if one is. */
export async function scanImage(layout: Directory, scanner: Container | undefined, config: Config): Promise<Row> {
  const policy = config.vulnerabilities
  if (!scanner) return notScannedRow(policy)
  const container = scanner.withMountedDirectory("/image", layout)
  const { exitCode, stdout, stderr } = await runTool(container, ["oci-dir:/image", "--quiet", "--output=json"], {
    name: "the scanner",
    // What is known changes from hour to hour.
    uncached: true,
    useEntrypoint: true,
    timeout: policy.timeout,
    fix: "see what it waits for (its database?), or raise vulnerabilities.timeout in cloud-native.yaml",
  })
  return vulnerabilitiesRow(readReport(exitCode, stdout, stderr), policy, today())
}
