import type { Directory } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { configOf, readConfig } from "../../../.dagger/src/config/read.js"

const empty = { exists: async () => false, entries: async () => ["README.md"] } as unknown as Directory

describe("a source without applications", () => {
  test("does not fail functions that need none: verifying any image, the search for secrets", async () => {
    expect((await configOf(empty)).backend.path).toBe("backend")
  })
  test("cannot be built", async () => {
    await expect(readConfig(empty)).rejects.toThrow(/^SOURCE_LAYOUT/)
  })
})
