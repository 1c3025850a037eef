import { createHash } from "node:crypto"

/** JSON that does not depend on the order of keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(
          Object.keys(item)
            .sort()
            .map(key => [key, (item as Record<string, unknown>)[key]]),
        )
      : item,
  )
}

/** The SHA-256 of that, in hexadecimal. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex")
}
