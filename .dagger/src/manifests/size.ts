import { describe, type Manifest } from "./manifest.js"
import { type Problem, problemAt } from "./problem.js"
import { isKind, type KubernetesObject } from "./shapes.js"

/** Bytes that the API server takes: of a ConfigMap's or Secret's data, of all annotations, and of an object in all. */
const DATA = 1_048_576
const ANNOTATIONS = 262_144
const OBJECT = 1_572_864

/** What the API server would refuse, some of it only when it is applied. */
export function* sizeProblems(manifests: Manifest[]): Generator<Problem> {
  for (const manifest of manifests)
    for (const { field, bytes, limit } of sizesOf(manifest.object))
      if (bytes > limit)
        yield problemAt(manifest, field, {
          code: "OBJECT_TOO_LARGE",
          what: `${describe(manifest.object)}: ${field.join(".") || "the object"} has ${bytes} bytes, and Kubernetes takes ${limit}`,
          fix: "split it, or put large content into the image or a volume",
        })
}

/** Of the secrets that a release is given, which become one Secret. */
export function* secretSizeProblems(secrets: Record<string, string>): Generator<Problem> {
  const bytes = textsOf(secrets)
  if (bytes > DATA)
    yield {
      code: "OBJECT_TOO_LARGE",
      what: `the secrets that were given have ${bytes} bytes, and Kubernetes takes ${DATA} in a Secret`,
      fix: "put what is large and not secret into the image or a volume",
    }
}

function sizesOf(object: KubernetesObject): { field: string[]; bytes: number; limit: number }[] {
  const annotations = textsOf(object.metadata.annotations)
  const sizes = [
    { field: [], bytes: Buffer.byteLength(JSON.stringify(object)), limit: OBJECT },
    { field: ["metadata", "annotations"], bytes: annotations, limit: ANNOTATIONS },
  ]
  if (isKind(object, "ConfigMap"))
    return [...sizes, { field: ["data"], bytes: textsOf(object.data) + encoded(object.binaryData), limit: DATA }]
  if (isKind(object, "Secret"))
    return [...sizes, { field: ["data"], bytes: textsOf(object.stringData) + encoded(object.data), limit: DATA }]
  return sizes
}

function textsOf(texts: Record<string, string> = {}): number {
  return Object.entries(texts).reduce((sum, entry) => sum + Buffer.byteLength(entry.join("")), 0)
}

/** Of values in base64. */
function encoded(values: Record<string, string> = {}): number {
  return Object.entries(values).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.from(value, "base64").length,
    0,
  )
}
