import { Container, ReturnType } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { CloudNativeError } from "../errors.js"
import type { Row } from "./facts.js"
import { layoutOf } from "./inspect.js"
import { notScannedRow, readReport, vulnerabilitiesRow } from "./vulnerabilities.js"

/** Look for known vulnerabilities with the scanner given, if one is. */
export async function scanImage(image: Container, scanner: Container | undefined, config: Config): Promise<Row> {
  const policy = config.vulnerabilities
  if (!scanner) return notScannedRow(policy)
  const today = new Date().toISOString().slice(0, 10)
  const done = scanner
    // What is known changes from day to day.
    .withEnvVariable("CLOUD_NATIVE_DAY", today)
    .withMountedDirectory("/image", layoutOf(image, config))
    .withExec(["oci-dir:/image", "--quiet", "--output=json"], { useEntrypoint: true, expect: ReturnType.Any })
  const ended = Promise.all([done.exitCode(), done.stdout(), done.stderr()])
  const [exitCode, stdout, stderr] = await within(policy.timeout, ended)
  return vulnerabilitiesRow(readReport(exitCode, stdout, stderr), policy, today)
}

async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut(seconds)), seconds * 1000)
  })
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer))
}

function timedOut(seconds: number): CloudNativeError {
  return new CloudNativeError({
    code: "TIMED_OUT",
    blame: "environment",
    what: "the scanner did not end",
    why: `it was waited for ${seconds} s`,
    fix: "see what it waits for (its database?), or raise vulnerabilities.timeout in cloud-native.yaml",
  })
}
