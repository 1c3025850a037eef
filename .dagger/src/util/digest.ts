import { createHash } from "node:crypto"

/** JSON that does not depend on the order of keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}

/** The SHA-256 of that, in hexadecimal. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex")
}
