import { z } from "zod"

const UNITS = { kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const

/** "200MB", "1.5 GiB" → bytes. */
export function parseSize(text: string, context: z.RefinementCtx): number {
  const match = /^(\d+(?:\.\d+)?) ?(kB|MB|GB|KiB|MiB|GiB)$/.exec(text)
  if (match) return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
  context.addIssue(`a size, for example 200MB, in one of ${Object.keys(UNITS).join(", ")}`)
  return z.NEVER
}
