import { Container, dag } from "@dagger.io/dagger"

import type { Config } from "../../config/schema.js"
import type { AccessTo } from "../../registry/access.js"
import { currentDigest } from "../../registry/oras.js"
import { formatReference, nameOf, readReference } from "../../registry/reference.js"
import { CloudNativeError, messageOf } from "../../util/errors.js"
import { notChecked, type Row } from "../facts.js"
import { type Inspected, inspectImage, unreadable } from "./inspect.js"
import type { OciImage } from "./oci.js"

export const BASE_NAME = "org.opencontainers.image.base.name"
export const BASE_DIGEST = "org.opencontainers.image.base.digest"

/** What an image has to be built on. */
export interface Base {
  name: string
  /** What the name leads to today. */
  today: Look
  /** What the image says it was built on, where that is another one by the same name; without a look: there is no such image. */
  recorded?: { digest: string; look?: Look }
}

/** A base that cannot be pulled. */
export interface UnknownBase {
  name: string
  problem: string
}

interface Look {
  digest: string
  image: OciImage
}

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

/** The base that an image names, in its annotations or labels. */
function recordedBase({ annotations, labels }: OciImage): { name: string; digest?: string } | undefined {
  const name = annotations[BASE_NAME] ?? labels[BASE_NAME]
  return name ? { name, digest: annotations[BASE_DIGEST] ?? labels[BASE_DIGEST] } : undefined
}

/** Whether two references are of one tag, however they are written: what goes by another one is another base, never an earlier one. */
export function isSameTag(one: string, other: string): boolean {
  const [first, second] = [one, other].map(tagOf)
  return first !== undefined && first === second
}

function tagOf(text: string): string | undefined {
  const reference = readReference(text)
  // A digest pins one image: there is no earlier one.
  if (!reference || reference.digest) return undefined
  return `${nameOf(reference)}:${reference.tag ?? "latest"}`
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

/** The base that the image was built on, as far as its name goes. */
export function baseImage(base: Base | UnknownBase | undefined): OciImage | undefined {
  if (!base || "problem" in base) return undefined
  return (base.recorded?.look ?? base.today).image
}

/** How many of the image's layers are those of its base; undefined: which base it has to have is not known. */
export function baseLayers(image: OciImage, base: OciImage | undefined): number | undefined {
  if (!base) return undefined
  const differs = base.layers.findIndex((layer, index) => layer.diffId !== image.layers[index]?.diffId)
  return differs === -1 ? base.layers.length : differs
}

/** Whether the image is built on its base: the base's layers begin it. */
export function baseRow(image: OciImage, base: Base | UnknownBase | undefined): Row {
  if (!base) return undemandedRow(image)
  const row = { name: "base", limit: base.name }
  if ("problem" in base)
    return { ...row, actual: "not known", verdict: "fail", how: "the base cannot be pulled", findings: [base.problem] }
  const { name, today, recorded } = base
  const found = recorded ? recorded.look : today
  if (!found) {
    return {
      ...row,
      actual: "not this base",
      verdict: "fail",
      how: `the image names ${short(recorded!.digest)}, which was never pushed there`,
    }
  }
  const { layers } = found.image
  const common = baseLayers(image, found.image)!
  if (common < layers.length)
    return {
      ...row,
      actual: "not this base",
      verdict: "fail",
      how: `layer ${common + 1} of ${layers.length} is another`,
    }
  const actual = `${name} + ${image.layers.length - layers.length} layers`
  if (!recorded) return { ...row, actual, verdict: "pass", how: "its layers begin the image" }
  return {
    ...row,
    actual: `${actual}, outdated`,
    verdict: "warn",
    how: `built on ${short(recorded.digest)}; the tag is ${short(today.digest)} by now: build again`,
  }
}

function undemandedRow(image: OciImage): Row {
  const recorded = recordedBase(image)
  if (!recorded) return notChecked("base", "—", "the image does not say what it was built on: name it with --base")
  return notChecked("base", "—", `only the image says that it is ${recorded.name}: demand one with --base`)
}

function short(digest: string): string {
  return digest.slice(0, "sha256:".length + 12)
}
