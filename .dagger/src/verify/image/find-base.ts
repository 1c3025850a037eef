import { Container, dag } from "@dagger.io/dagger"

import type { Config } from "../../config/schema.js"
import type { AccessTo } from "../../registry/access.js"
import { currentDigest } from "../../registry/oras.js"
import { formatReference, readReference } from "../../registry/reference.js"
import { CloudNativeError, messageOf } from "../../util/errors.js"
import { type Base, baseRow, isSameTag, type Look, recordedBase, type UnknownBase } from "./base.js"
import { type Inspected, inspectImage, unreadable } from "./inspect.js"
import type { OciImage } from "./oci.js"

/**
 * Read an image and the base that it has to have. An engine that was restarted packs anew the layers that it builds on,
 * which are not byte for byte those of the registry then: where the two differ, both are read again, the base as a build finds it.
 */
export async function inspectOn(
  container: Container,
  name: string | undefined,
  config: Config,
  accessTo: AccessTo,
  anew = false,
): Promise<Inspected & { base: Base | UnknownBase | undefined }> {
  const inspected = await inspectImage(container, config, anew)
  const base = await findBase(inspected.image, name, config, accessTo, anew)
  const differ = base !== undefined && !("problem" in base) && baseRow(inspected.image, base).verdict === "fail"
  return differ && !anew ? inspectOn(container, name, config, accessTo, true) : { ...inspected, base }
}

/** Look up the base that an image has to have; undefined: it may have any. What it says itself is no demand: it could name whatever hides its layers. */
async function findBase(
  image: OciImage,
  name: string | undefined,
  config: Config,
  accessTo: AccessTo,
  anew: boolean,
): Promise<Base | UnknownBase | undefined> {
  if (!name) return undefined
  try {
    const today = await lookToday(name, config, accessTo, anew)
    const recorded = recordedBase(image)
    if (!recorded?.digest || recorded.digest === today.digest || !isSameTag(recorded.name, name)) return { name, today }
    return {
      name,
      today,
      recorded: await lookBack(
        formatReference({ ...readReference(name)!, digest: recorded.digest }),
        recorded.digest,
        config,
        anew,
      ),
    }
  } catch (error) {
    if (error instanceof CloudNativeError && error.code === "IMAGE_UNREADABLE") return { name, problem: error.why }
    throw error
  }
}

async function lookToday(name: string, config: Config, accessTo: AccessTo, anew: boolean): Promise<Look> {
  const digest = await currentDigest(name, config, accessTo).catch((error: unknown) => {
    throw unreadable(error)
  })
  return look(formatReference({ ...readReference(name)!, digest }), digest, config, anew)
}

/** By digest: a tag may lead elsewhere, in a moment or by the caller's dagger.lock. */
async function look(reference: string, digest: string, config: Config, anew: boolean): Promise<Look> {
  const { image } = await inspectImage(anew ? builtOn(reference) : dag.container().from(reference), config, anew)
  return { digest, image }
}

/** An image as one that is built on it finds it. */
function builtOn(reference: string): Container {
  return dag.directory().withNewFile("Dockerfile", `FROM ${reference}\n`).dockerBuild()
}

/** A registry that has no such image is evidence; one that does not answer is an error. */
async function lookBack(
  reference: string,
  digest: string,
  config: Config,
  anew: boolean,
): Promise<NonNullable<Base["recorded"]>> {
  try {
    return { digest, look: await look(reference, digest, config, anew) }
  } catch (error) {
    if (/not found|manifest unknown|not known/i.test(messageOf(error))) return { digest }
    throw error
  }
}
