import { dag, Directory, File } from "@dagger.io/dagger"

import { isPem } from "../config/layout.js"
import type { Config } from "../config/schema.js"
import type { RegistryAccess } from "../registry/access.js"
import { RegistryClient, registryFailed, ToolFailed } from "../registry/client.js"
import { signedStatements, verifySignature } from "../registry/cosign.js"
import { parseReference } from "../registry/reference.js"
import { CloudNativeError } from "../util/errors.js"
import { formatTable } from "../util/format.js"
import { PREDICATE_TYPE, statementProblem } from "./provenance.js"
import type { PushedImages } from "./publish.js"

/**
 * Throw unless the policy lets the images run: what it says of each digest is asked of the registry now, before anything
 * is applied. Answers with what was verified; undefined where the policy asks for nothing.
 */
export async function assertTrusted(
  source: Directory,
  config: Config,
  images: PushedImages,
  access: RegistryAccess,
): Promise<string | undefined> {
  const { publicKey } = config.policy
  if (!publicKey) return undefined
  const key = isPem(publicKey)
    ? dag.directory().withNewFile("cosign.pub", publicKey).file("cosign.pub")
    : source.file(publicKey)
  const doubts = await Promise.all(
    Object.entries(images).map(async ([application, image]) => {
      const doubt = await doubtOf(application, config, image, access, key)
      return doubt ? [`${application}: ${image}: ${doubt}`] : []
    }),
  )
  const problems = doubts.flat()
  if (problems.length > 0) throw notTrusted(problems)
  const attested = config.policy.attestation === "required" ? "verified" : "not asked for"
  return formatTable(
    ["IMAGE", "SIGNATURE", "STATEMENT"],
    Object.keys(images).map(application => [application, "verified", attested]),
  )
}

/** Why an image may not run; undefined where it may. A registry or a tool that fails is an error, whatever the image is. */
async function doubtOf(
  application: string,
  config: Config,
  reference: string,
  access: RegistryAccess,
  key: File,
): Promise<string | undefined> {
  const { host, digest } = parseReference(reference)
  try {
    const registry = await RegistryClient.open(host, access)
    await verifySignature(registry, config, reference, key)
    console.log(`verify: ${application}: the signature of ${reference} is of the policy's key`)
    if (config.policy.attestation === "optional") return undefined
    const statements = await signedStatements(registry, config, reference, key, PREDICATE_TYPE)
    const objections = statements.map(statement =>
      statementProblem(statement, { name: config.name, application, digest: digest! }),
    )
    if (objections.includes(undefined)) return undefined
    return `its statement does not vouch for it: ${objections[0] ?? "there is none"}`
  } catch (error) {
    const refusal = error instanceof ToolFailed ? refusalOf(error.output) : undefined
    if (refusal) return refusal
    throw registryFailed(`the signature of ${reference} could not be verified; nothing was applied`, error)
  }
}

const REFUSALS: [RegExp, string][] = [
  [/no signatures found/, "it is not signed"],
  [
    /none of the attestations matched|no matching attestations:\s*(\n|$)/,
    "no statement that is signed with the policy's key is attached to it",
  ],
  [/no matching (signatures|attestations)/, "its signature is of another key than the policy's"],
]

/** What cosign finds wrong with an image; undefined where it could not look. */
export function refusalOf(output: string): string | undefined {
  return REFUSALS.find(([pattern]) => pattern.test(output))?.[1]
}

function notTrusted(problems: string[]): CloudNativeError {
  return new CloudNativeError({
    code: "IMAGE_NOT_TRUSTED",
    blame: "user",
    what: "the policy does not let these images run; nothing was applied",
    why: problems.join("\n"),
    fix: "push with --signing-key, the private key of policy.publicKey in cloud-native.yaml, or release images that were pushed so",
  })
}
