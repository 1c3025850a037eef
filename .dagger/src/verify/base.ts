import { dag } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { messageOf } from "../errors.js"
import { notChecked, type Row } from "./facts.js"
import { inspectImage } from "./inspect.js"
import type { OciImage, OciLayer } from "./oci.js"

export const BASE_NAME = "org.opencontainers.image.base.name"
export const BASE_DIGEST = "org.opencontainers.image.base.digest"

/** What an image may be built on. */
export interface Base {
  name: string
  /** What the name leads to today. */
  today: { digest: string; layers: OciLayer[] }
  /** What the image says it was built on, where that is another one; without layers: there is no such image under the name. */
  recorded?: { digest: string; layers?: OciLayer[] }
}

/** Look up the base that an image has to have, or else says it has; undefined: neither. */
export async function findBase(image: OciImage, expected: string | undefined, config: Config): Promise<Base | undefined> {
  const recorded = recordedBase(image)
  const name = expected ?? recorded?.name
  if (!name) return undefined
  const today = await look(name, config)
  if (!recorded || repositoryOf(recorded.name) !== repositoryOf(name) || recorded.digest === today.digest) return { name, today }
  return { name, today, recorded: await lookBack(`${repositoryOf(name)}@${recorded.digest}`, recorded.digest, config) }
}

/** The base that an image names, in its annotations or labels. */
function recordedBase({ annotations, labels }: OciImage): { name: string; digest: string } | undefined {
  const name = annotations[BASE_NAME] ?? labels[BASE_NAME]
  const digest = annotations[BASE_DIGEST] ?? labels[BASE_DIGEST]
  return name && digest ? { name, digest } : undefined
}

async function look(reference: string, config: Config): Promise<Base["today"]> {
  const container = dag.container().from(reference)
  const { image } = await inspectImage(container, config)
  return { digest: (await container.imageRef()).split("@").at(-1)!, layers: image.layers }
}

/** A registry that has no such image is evidence; one that does not answer is an error. */
async function lookBack(reference: string, digest: string, config: Config): Promise<NonNullable<Base["recorded"]>> {
  try {
    return { digest, layers: (await look(reference, config)).layers }
  } catch (error) {
    if (/not found|manifest unknown|not known/i.test(messageOf(error))) return { digest }
    throw error
  }
}

/** ghcr.io/acme/base:1@sha256:… → ghcr.io/acme/base */
function repositoryOf(reference: string): string {
  return reference.replace(/@.*$/, "").replace(/:[^:/]+$/, "")
}

/** How many of the image's layers are those of its base. */
export function baseLayers(image: OciImage, { today, recorded }: Base): number {
  const layers = recorded?.layers ?? today.layers
  const differs = layers.findIndex((layer, index) => layer.diffId !== image.layers[index]?.diffId)
  return differs === -1 ? layers.length : differs
}

/** Whether the image is built on its base: the base's layers begin it. */
export function baseRow(image: OciImage, base: Base | undefined): Row {
  if (!base) return notChecked("base", "—", "name one: the image does not say what it was built on")
  const { name, today, recorded } = base
  const row = { name: "base", limit: name }
  const layers = recorded ? recorded.layers : today.layers
  if (!layers) {
    return { ...row, actual: "not this base", verdict: "fail", how: `the image names ${short(recorded!.digest)}, which was never pushed there` }
  }
  const common = baseLayers(image, base)
  if (common < layers.length) return { ...row, actual: "not this base", verdict: "fail", how: `layer ${common + 1} of ${layers.length} is another` }
  const actual = `${name} + ${image.layers.length - layers.length} layers`
  if (!recorded) return { ...row, actual, verdict: "pass", how: "its layers begin the image" }
  return { ...row, actual: `${actual}, outdated`, verdict: "warn", how: `built on ${short(recorded.digest)}; the tag is ${short(today.digest)} by now: build again` }
}

function short(digest: string): string {
  return digest.slice(0, "sha256:".length + 12)
}
