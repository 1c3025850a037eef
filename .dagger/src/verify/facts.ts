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
  const problem = userProblem(image.user)
  return {
    name: "user",
    limit: "numeric, not 0",
    actual: image.user || "none set",
    verdict: problem ? "fail" : "pass",
    how: problem ?? "USER of the image",
  }
}

/** Why Kubernetes would not take an image's user for one other than root; unset: it would. */
function userProblem(user: string): string | undefined {
  const [id = ""] = user.split(":")
  if (id === "") return "without a USER, the image runs as root"
  if (id === "root" || Number(id) === 0) return "that is root"
  return /^\d+$/.test(id) ? undefined : "Kubernetes cannot prove that a name is not root's"
}
