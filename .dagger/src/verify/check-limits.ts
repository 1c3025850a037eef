import type { Config } from "../config/schema.js"

/** How long one check of an image may take, and what gives it more time. */
export function checkLimits({ verification }: Config): { timeout: number; fix: string } {
  return { timeout: verification.timeout, fix: "verification.timeout gives more time" }
}
