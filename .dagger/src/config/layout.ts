import { Directory } from "@dagger.io/dagger"

import { CloudNativeError } from "../util/errors.js"
import { applicationsOf, keyOf } from "./applications.js"
import type { Config } from "./schema.js"

/** Whether a key stands in the configuration itself; else it is a file of the source. */
export function isPem(key: string): boolean {
  return key.startsWith("-----BEGIN")
}

/** Fail, naming everything that was looked for and not found, unless the source has all that a pipeline needs. */
export async function assertLayout(source: Directory, config: Config): Promise<void> {
  const wanted = Object.entries(applicationsOf(config)).flatMap(([name, { path, dockerfile }]) => [
    { path, what: `the ${name}'s folder`, key: `${keyOf(name)}.path` },
    { path: dockerfile, what: `the ${name}'s Dockerfile`, key: `${keyOf(name)}.dockerfile` },
  ])
  const { publicKey } = config.policy
  if (publicKey && !isPem(publicKey))
    wanted.push({ path: publicKey, what: "the public key of the policy", key: "policy.publicKey" })
  const found = await Promise.all(wanted.map(item => source.exists(item.path)))
  const missing = wanted.filter((_, index) => !found[index])
  if (missing.length === 0) return
  const entries = (await source.entries()).join("  ")
  throw new CloudNativeError({
    code: "SOURCE_LAYOUT",
    blame: "user",
    what: "the source is not laid out as the configuration says",
    why: [
      ...missing.map(item => `not found: ${item.path} (${item.what})`),
      `the source's root holds: ${entries || "nothing"}`,
    ].join("\n"),
    fix: `pass the repository as --source, or set ${missing.map(item => item.key).join(", ")} in cloud-native.yaml`,
  })
}
