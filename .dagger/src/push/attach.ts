import { dag, File } from "@dagger.io/dagger"
import { z } from "zod"

import { applicationsOf } from "../config/applications.js"
import { outOfReach, type RegistryAccess } from "../registry/access.js"
import { RegistryClient, registryFailed, takesNoReferrers } from "../registry/client.js"
import { attest, sign, type SigningKey } from "../registry/cosign.js"
import { attach } from "../registry/oras.js"
import { messageOf } from "../util/errors.js"
import { readJson } from "../util/json.js"
import { quietly } from "../util/quietly.js"
import { settleAll } from "../util/settle.js"
import { within } from "../util/within.js"
import { checkLimits } from "../verify/check-limits.js"
import { sbomOf } from "../verify/sbom.js"
import { type Origin, PREDICATE_TYPE, provenanceOf, statementOf } from "./provenance.js"
import { hostOf, type PushedImages, type VerifiedImages } from "./publish.js"

const SBOM = { name: "sbom.spdx.json", type: "application/spdx+json" }
const STATEMENT = { name: "statement.json", type: "application/vnd.in-toto+json" }

/**
 * Attach to each image what it is made of and how it came about, and sign the image and that with the key, if there is one.
 * Without a key, a registry that is out of a tool's reach, or takes no attachments, is no reason for a push to fail. Answers with what came of it.
 */
export async function attachEvidence(
  images: VerifiedImages,
  references: PushedImages,
  access: RegistryAccess,
  key?: SigningKey,
): Promise<string> {
  const host = hostOf(references)
  const unreachable = outOfReach(access, host)
  if (unreachable && !key) return nothingAttached(unreachable)
  try {
    const registry = await RegistryClient.open(host, access)
    await settleAll(
      Object.entries(references).map(([application, reference]) =>
        attachTo(application, images, reference, registry, key),
      ),
    )
  } catch (error) {
    if (!key && takesNoReferrers(error))
      return nothingAttached(`the registry takes no attachments: ${messageOf(error)}`)
    throw registryFailed(
      `the images are pushed, but ${key ? "could not be signed" : "nothing could be attached to them"}`,
      error,
    )
  }
  return `Attached to each image: SBOM (SPDX), statement (in-toto)${key ? "; both image and statement are signed" : ""}`
}

function nothingAttached(why: string): string {
  console.log(`push: nothing attached: ${why}`)
  return `Nothing is attached: ${why}`
}

async function attachTo(
  application: string,
  images: VerifiedImages,
  reference: string,
  registry: RegistryClient,
  key?: SigningKey,
): Promise<void> {
  const { config } = images
  const { timeout, fix } = checkLimits(config)
  const file = await quietly(`SBOM of ${application}`, () =>
    within(() => sbomOf(images.containers[application]!, config).sync(), "syft", timeout, fix),
  )
  // One after the other: where a registry has no referrers API, each rewrites the same list of them.
  const sbom = await attach(registry, config, reference, { ...SBOM, file })
  const predicate = provenanceOf(await originOf(application, images, sbom))
  await attach(registry, config, reference, {
    ...STATEMENT,
    file: jsonFile(STATEMENT.name, statementOf(reference, predicate)),
  })
  console.log(`push: attached SBOM and statement to ${reference}`)
  if (!key) return
  await sign(registry, config, reference, key)
  await attest(registry, config, reference, key, PREDICATE_TYPE, jsonFile("predicate.json", predicate))
  console.log(`push: signed ${reference} and its statement`)
}

async function originOf(
  application: string,
  { source, config, facts, containers }: VerifiedImages,
  sbom: string,
): Promise<Origin> {
  const image = containers[application]!
  const { base, dockerfile } = applicationsOf(config)[application]!
  const [digest, revision, recorded, version, dagger] = await Promise.all([
    source.digest(),
    image.label("org.opencontainers.image.revision"),
    image.label("org.opencontainers.image.base.digest"),
    moduleVersion(),
    dag.version(),
  ])
  return {
    name: config.name,
    application,
    dockerfile,
    source: digest,
    revision,
    base: { name: base, digest: recorded },
    sbom,
    facts: facts.filter(fact => fact.image === application),
    versions: { "cloud-native": version, dagger },
  }
}

async function moduleVersion(): Promise<string> {
  const manifest = await dag.currentModule().source().file("package.json").contents()
  return readJson(z.object({ version: z.string() }), manifest, "the module's package.json").version
}

function jsonFile(name: string, content: object): File {
  return dag.directory().withNewFile(name, JSON.stringify(content)).file(name)
}
