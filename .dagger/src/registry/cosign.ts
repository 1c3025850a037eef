import { Container, dag, File, Secret } from "@dagger.io/dagger"
import { z } from "zod"

import type { Config } from "../config/schema.js"
import { readJson } from "../util/json.js"
import type { RegistryClient } from "./client.js"

const PRIVATE_KEY = "/run/secrets/cosign.key"
const PUBLIC_KEY = "/cosign.pub"
const PREDICATE = "/predicate.json"
/** Which services take part in a signature, and whose certificates are trusted: nobody's. Without these files cosign asks Sigstore for its own. */
const SIGNING_CONFIG = "/signing-config.json"
const NO_SERVICES = {
  mediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
  rekorTlogConfig: {},
  tsaConfig: {},
}
const TRUSTED_ROOT = "/trusted-root.json"
const NO_CERTIFICATES = { mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1" }

/** A private key as `cosign generate-key-pair` writes it. */
export interface SigningKey {
  key: Secret
  /** Password of the key. Default: an empty one. */
  password?: Secret
}

/** Sign an image, referred to by digest. */
export async function sign(
  registry: RegistryClient,
  config: Config,
  reference: string,
  key: SigningKey,
): Promise<void> {
  await registry.run(signer(config, key), signArgs(registry.seen(reference), registry.plainHttp))
}

/** Sign a statement of that type about an image, referred to by digest, and attach it. */
export async function attest(
  registry: RegistryClient,
  config: Config,
  reference: string,
  key: SigningKey,
  predicateType: string,
  predicate: File,
): Promise<void> {
  const tool = signer(config, key).withMountedFile(PREDICATE, predicate)
  await registry.run(tool, attestArgs(registry.seen(reference), registry.plainHttp, predicateType))
}

/** Throw unless an image is signed with the private key of a public one. */
export async function verifySignature(
  registry: RegistryClient,
  config: Config,
  reference: string,
  key: File,
): Promise<void> {
  await registry.run(verifier(config, key), verifyArgs(registry.seen(reference), registry.plainHttp))
}

/** The statements of that type about an image that are signed with the private key of a public one; throws where there is none. */
export async function signedStatements(
  registry: RegistryClient,
  config: Config,
  reference: string,
  key: File,
  predicateType: string,
): Promise<unknown[]> {
  return parseStatements(
    await registry.run(
      verifier(config, key),
      verifyAttestationArgs(registry.seen(reference), registry.plainHttp, predicateType),
    ),
  )
}

const OFFLINE = [
  "--yes",
  `--key=${PRIVATE_KEY}`,
  `--signing-config=${SIGNING_CONFIG}`,
  `--trusted-root=${TRUSTED_ROOT}`,
]

export function signArgs(reference: string, plainHttp: boolean): string[] {
  return ["sign", ...OFFLINE, ...http(plainHttp), reference]
}

export function attestArgs(reference: string, plainHttp: boolean, predicateType: string): string[] {
  return ["attest", ...OFFLINE, `--type=${predicateType}`, `--predicate=${PREDICATE}`, ...http(plainHttp), reference]
}

export function verifyArgs(reference: string, plainHttp: boolean): string[] {
  return ["verify", ...trust(plainHttp), reference]
}

export function verifyAttestationArgs(reference: string, plainHttp: boolean, predicateType: string): string[] {
  return ["verify-attestation", `--type=${predicateType}`, ...trust(plainHttp), reference]
}

const Envelope = z.object({ payload: z.base64() })

/** The statements in what `cosign verify-attestation` prints: a signed envelope a line. */
export function parseStatements(output: string): unknown[] {
  return output
    .split("\n")
    .filter(Boolean)
    .map(line => {
      const { payload } = readJson(Envelope, line, "what cosign says of a statement")
      return readJson(z.unknown(), Buffer.from(payload, "base64").toString(), "a signed statement")
    })
}

/** The key alone counts: there is no entry in a transparency log to look for. */
function trust(plainHttp: boolean): string[] {
  return [`--key=${PUBLIC_KEY}`, "--insecure-ignore-tlog=true", "--output=json", ...http(plainHttp)]
}

function signer(config: Config, { key, password }: SigningKey): Container {
  const tool = cosign(config)
    .withNewFile(SIGNING_CONFIG, JSON.stringify(NO_SERVICES))
    .withNewFile(TRUSTED_ROOT, JSON.stringify(NO_CERTIFICATES))
    .withMountedSecret(PRIVATE_KEY, key)
  return password ? tool.withSecretVariable("COSIGN_PASSWORD", password) : tool.withEnvVariable("COSIGN_PASSWORD", "")
}

function verifier(config: Config, key: File): Container {
  return cosign(config).withMountedFile(PUBLIC_KEY, key)
}

function cosign(config: Config): Container {
  return dag.container().from(config.images.cosign)
}

function http(plain: boolean): string[] {
  return plain ? ["--allow-http-registry"] : []
}
