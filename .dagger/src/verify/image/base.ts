import { nameOf, readReference } from "../../registry/reference.js"
import { notChecked, type Row } from "../facts.js"
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

export interface Look {
  digest: string
  image: OciImage
}

/** The base that an image names, in its annotations or labels. */
export function recordedBase({ annotations, labels }: OciImage): { name: string; digest?: string } | undefined {
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
