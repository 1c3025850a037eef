import { Container, dag, File } from "@dagger.io/dagger"
import { z } from "zod"

import type { Config } from "../config/schema.js"
import { messageOf } from "../util/errors.js"
import { readJson, readShape } from "../util/json.js"
import { within } from "../util/within.js"
import type { AccessTo } from "./access.js"
import { RegistryClient, ToolFailed } from "./client.js"
import { formatReference, parseReference, readReference } from "./reference.js"

const FOLDER = "/attachments"
/** Seconds that a registry has to name a digest, where Dagger knows one too. */
const TIMEOUT = 30

/** A file that goes to a registry as a referrer of an image. */
export interface Attachment {
  name: string
  /** Media type, of the file and of the referrer. */
  type: string
  file: File
}

/** The digest that an image has now. */
export async function resolveDigest(registry: RegistryClient, config: Config, reference: string): Promise<string> {
  const answer = await registry.run(oras(config), resolveArgs(registry.seen(reference), registry.plainHttp))
  return readShape(Digest, answer.trim(), "what oras says of an image")
}

/** What this call has been told of names: the build and the check of every image ask the same. */
const told = new Map<string, Promise<string>>()

/**
 * The digest that a tag leads to now. The registry itself is asked: on Dagger 1.0, container.from answers with what the
 * caller's dagger.lock holds, which a build does not follow. Where no tool may or can ask it, Dagger's answer has to do.
 */
export function currentDigest(name: string, config: Config, accessTo: AccessTo): Promise<string> {
  const digest = told.get(name) ?? askDigest(name, config, accessTo)
  told.set(name, digest)
  return digest
}

async function askDigest(name: string, config: Config, accessTo: AccessTo): Promise<string> {
  const reference = readReference(name)
  if (reference?.digest) return reference.digest
  if (reference) {
    const { host, tag = "latest" } = reference
    try {
      const registry = await RegistryClient.open(host, await accessTo(host))
      return await within(
        () => resolveDigest(registry, config, formatReference({ ...reference, tag })),
        "oras",
        TIMEOUT,
      )
    } catch (error) {
      console.log(`${host} does not say what ${name} is, so Dagger does: ${messageOf(error).replace(/^Error: /, "")}`)
    }
  }
  const pulled = await within(() => dag.container().from(name).imageRef(), `the pull of ${name}`)
  return parseReference(pulled).digest!
}

const Platform = z.object({ os: z.string(), architecture: z.string() })
/** Of one image, which is for one platform, the manifest does not say which: its configuration does. */
const Manifest = z.object({ manifests: z.array(z.object({ platform: Platform.optional() })).optional() })

/** The architectures that an image is there for, on Linux; none where it does not say. */
export async function readArchitectures(
  registry: RegistryClient,
  config: Config,
  reference: string,
): Promise<string[]> {
  const fetch = (what: "fetch" | "fetch-config") =>
    registry.run(oras(config), manifestArgs(what, registry.seen(reference), registry.plainHttp))
  const { manifests } = readJson(Manifest, await fetch("fetch"), "the manifest of an image")
  const platforms = manifests?.flatMap(({ platform }) => platform ?? []) ?? [
    readJson(Platform, await fetch("fetch-config"), "the configuration of an image"),
  ]
  return [...new Set(platforms.filter(({ os }) => os === "linux").map(({ architecture }) => architecture))]
}

/** Whether a registry knows a repository, which may be empty; throws where it does not say. */
export async function isKnown(registry: RegistryClient, config: Config, name: string): Promise<boolean> {
  try {
    await registry.run(oras(config), tagsArgs(registry.seen(name), registry.plainHttp))
    return true
  } catch (error) {
    if (error instanceof ToolFailed && /\bname[ _]unknown\b/i.test(error.output)) return false
    throw error
  }
}

/** Attach a file to an image; answers with the digest of the referrer. The same file once more is no other referrer. */
export async function attach(
  registry: RegistryClient,
  config: Config,
  reference: string,
  attachment: Attachment,
): Promise<string> {
  const tool = oras(config).withWorkdir(FOLDER).withMountedFile(`${FOLDER}/${attachment.name}`, attachment.file)
  const answer = await registry.run(tool, attachArgs(registry.seen(reference), registry.plainHttp, attachment))
  return readJson(z.object({ digest: Digest }), answer, "what oras says of an attachment").digest
}

export function resolveArgs(reference: string, plainHttp: boolean): string[] {
  return ["resolve", ...http(plainHttp), reference]
}

export function manifestArgs(what: "fetch" | "fetch-config", reference: string, plainHttp: boolean): string[] {
  return ["manifest", what, ...http(plainHttp), reference]
}

export function tagsArgs(name: string, plainHttp: boolean): string[] {
  return ["repo", "tags", ...http(plainHttp), name]
}

export function attachArgs(reference: string, plainHttp: boolean, { name, type }: Omit<Attachment, "file">): string[] {
  return [
    "attach",
    ...http(plainHttp),
    "--format=json",
    "--no-tty",
    `--artifact-type=${type}`,
    // Without a time of its own, which oras would give it, the same content has the same digest.
    "--annotation=org.opencontainers.image.created=1970-01-01T00:00:00Z",
    reference,
    `${name}:${type}`,
  ]
}

const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)

function oras(config: Config): Container {
  return dag.container().from(config.images.oras)
}

function http(plain: boolean): string[] {
  return plain ? ["--plain-http"] : []
}
