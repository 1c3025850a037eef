import type { OciImage } from "./oci.js"
import { humanSize } from "./table.js"

export interface FactRow {
  image: string
  name: string
  limit: string
  actual: string
  verdict: "pass" | "warn" | "fail"
  how: string
}

export interface Expectations {
  /** Largest size in the registry, in bytes. */
  imageSize: number
  /** The image it has to be built on. */
  base?: { name: string; image: OciImage }
}

/** Every fact of an image, passed or not. */
export function judgeImage(name: string, image: OciImage, expected: Expectations): FactRow[] {
  const rows = [size(image, expected.imageSize), user(image)]
  if (expected.base) rows.splice(1, 0, base(image, expected.base))
  return rows.map(row => ({ image: name, ...row }))
}

type Row = Omit<FactRow, "image">

function size(image: OciImage, limit: number): Row {
  return {
    name: "size",
    limit: `< ${humanSize(limit)}`,
    actual: humanSize(image.size),
    verdict: image.size < limit ? "pass" : "fail",
    how: "sum of the compressed layers",
  }
}

function base(image: OciImage, expected: { name: string; image: OciImage }): Row {
  const layers = expected.image.diffIds
  const common = layers.findIndex((layer, index) => layer !== image.diffIds[index])
  const isPrefix = common === -1
  return {
    name: "base",
    limit: expected.name,
    actual: isPrefix ? `${expected.name} + ${image.diffIds.length - layers.length} layers` : "not this base",
    verdict: isPrefix ? "pass" : "fail",
    how: isPrefix ? "its layers begin the image" : `layer ${common + 1} of ${layers.length} is another`,
  }
}

function user(image: OciImage): Row {
  const [id] = image.user.split(":")
  const numeric = /^\d+$/.test(id!)
  return {
    name: "user",
    limit: "numeric, not 0",
    actual: image.user || "root (none set)",
    verdict: numeric && Number(id) !== 0 ? "pass" : "fail",
    how: "USER of the image; Kubernetes cannot prove a name to be non-root",
  }
}
