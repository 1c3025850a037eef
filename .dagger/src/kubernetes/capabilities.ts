import { z } from "zod"

import type { Config } from "../config/schema.js"
import type { Capabilities } from "../manifests/helm.js"
import { reach, type Target } from "./connect.js"
import type { Kubectl } from "./kubectl.js"

const Version = z.object({ serverVersion: z.object({ gitVersion: z.string() }) })

/** What a cluster has, for the templates of charts; undefined where it does not say, which the preflight tells the reason of. */
export async function capabilitiesOf(target: Target, config: Config): Promise<Capabilities | undefined> {
  const reached = await reach(target, config).catch(() => undefined)
  if (!reached) return undefined
  try {
    return await readCapabilities(reached.kubectl)
  } finally {
    await reached.kubectl.close()
  }
}

async function readCapabilities(kubectl: Kubectl): Promise<Capabilities | undefined> {
  const [version, versions, resources] = await Promise.all([
    kubectl.run(["version", "--output=json"]),
    kubectl.run(["api-versions"]),
    kubectl.run(["api-resources", "--no-headers"]),
  ])
  if (version.exitCode !== 0 || versions.exitCode !== 0) return undefined
  const { serverVersion } = Version.parse(JSON.parse(version.stdout))
  return { version: serverVersion.gitVersion, apis: apisOf(versions.stdout, resources.stdout) }
}

/** What charts ask .Capabilities.APIVersions for: each version, and each kind in the version that the cluster prefers. */
export function apisOf(versions: string, resources: string): string[] {
  const kinds = resources
    .split("\n")
    .map(line => line.trim().split(/\s+/))
    .filter(columns => columns.length >= 4)
    .map(columns => `${columns.at(-3)}/${columns.at(-1)}`)
  return [...new Set([...versions.split("\n").filter(Boolean), ...kinds])]
}
