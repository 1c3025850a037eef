import { humanSize } from "../../util/format.js"
import type { Row } from "../facts.js"
import { type OciImage, type OciLayer, sizeOf } from "./oci.js"

/** The size of the whole in the registry. */
export function sizeRow(image: OciImage, limit: number): Row {
  const size = sizeOf(image.layers)
  return {
    name: "size",
    limit: `< ${humanSize(limit)}`,
    actual: humanSize(size),
    verdict: size < limit ? "pass" : "fail",
    how: `sum of ${image.layers.length} compressed layers`,
  }
}

/** The size of what the application adds to its base; undefined: which layers those are is not known. */
export function ownLayersRow(own: OciLayer[] | undefined, limit: number | undefined): Row {
  const name = "own layers"
  const limitText = limit ? `< ${humanSize(limit)}` : "none"
  if (!own)
    return {
      name,
      limit: limitText,
      actual: "—",
      verdict: "not checked",
      how: "which layers are the base's is not known",
    }
  const size = sizeOf(own)
  return {
    name,
    limit: limitText,
    actual: humanSize(size),
    verdict: limit === undefined || size < limit ? "pass" : "fail",
    how:
      own.length > 0 ? `above the base: ${own.map(layer => humanSize(layer.size)).join(", ")}` : "none above the base",
  }
}

/** The user that the image names. `podUser`: the user that the manifests run it as, if they name one. */
export function userRow(image: OciImage, podUser?: string): Row {
  const row = { name: "user", limit: "numeric, not 0", actual: image.user || "none set" }
  const problem = userProblem(image.user)
  if (!problem) return { ...row, verdict: "pass", how: "USER of the image" }
  const isName = problem === NAMED
  if (isName && podUser && !userProblem(podUser))
    return { ...row, verdict: "warn", how: `the manifests run it as ${podUser}; without them, ${problem}` }
  return { ...row, verdict: "fail", how: problem }
}

const NAMED = "Kubernetes cannot verify that a user given by name is not root"

/** Why Kubernetes would refuse to run a user as non-root; undefined if it would not. */
function userProblem(user: string): string | undefined {
  const id = user.split(":")[0]!
  if (id === "") return "without a USER, the image runs as root"
  if (id === "root" || Number(id) === 0) return "that is root"
  return /^\d+$/.test(id) ? undefined : NAMED
}
