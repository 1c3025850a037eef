import { z } from "zod"

import { readJson } from "../util/json.js"

/** The objects that kubectl has printed as JSON: several as a list, a single one as it is, and of none nothing. */
export function readPrinted<T>(shape: z.ZodType<T>, text: string, source: string): T[] {
  if (!text.trim()) return []
  const list = z.object({ items: z.array(shape) })
  return readJson(z.union([list, shape.transform(object => ({ items: [object] }))]), text, source).items
}
