import { CloudNativeError } from "./errors.js"

const UNITS = { s: 1, m: 60, h: 3600 } as const

/** "90s", "10m", "1h" → seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+)(s|m|h)$/.exec(text.trim())
  if (match) return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `--timeout=${text} is not a duration`,
    why: "expected a whole number and a unit: s, m or h",
    fix: "write for example --timeout=10m",
  })
}

/** A date in milliseconds since 1970; NaN where there is none. */
export function timeOf(date: string | null | undefined): number {
  return new Date(date ?? NaN).getTime()
}

/** Today in UTC, as YYYY-MM-DD. */
export function today(): string {
  return new Date().toISOString().slice(0, 10)
}
