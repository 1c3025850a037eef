import { z } from "zod"

import { CloudNativeError } from "./errors.js"

/** Read what another program answered; a shape that this module does not know is nobody's mistake but its own. */
export function readShape<T>(shape: z.ZodType<T>, value: unknown, source: string): T {
  const read = shape.safeParse(value)
  if (read.success) return read.data
  throw new CloudNativeError({
    code: "BUG",
    blame: "bug",
    what: `${source} is not of the shape that this module knows`,
    why: z.prettifyError(read.error),
    fix: "report it, with the versions of Dagger and of Kubernetes",
    cause: read.error,
  })
}

/** Read the JSON that a tool printed. */
export function readJson<T>(shape: z.ZodType<T>, text: string, source: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new CloudNativeError({
      code: "BUG",
      blame: "bug",
      what: `${source} is no JSON`,
      why: text.slice(0, 500) || "it is empty",
      fix: "report it, with the versions of Dagger and of the image of that tool",
      cause: error,
    })
  }
  return readShape(shape, value, source)
}

const Versioned = z.object({ schemaVersion: z.number() })

/** Read what a version of this module has stored, the latest form of which is `known`: one that is later is of a newer module. */
export function readStored<T>(shape: z.ZodType<T>, known: number, value: unknown, source: string): T {
  const { data } = Versioned.safeParse(value)
  if (!data || data.schemaVersion <= known) return readShape(shape, value, source)
  throw new CloudNativeError({
    code: "RECORD_TOO_NEW",
    blame: "user",
    what: `${source} was written by a newer version of this module`,
    why: `its schemaVersion is ${data.schemaVersion}; this version of the module reads up to ${known}`,
    fix: "call the module in the version that deployed last, or a newer one (`dagger update`, or the version after @)",
  })
}
