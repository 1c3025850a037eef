import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: { alias: { "@": import.meta.dirname } },
  test: {
    include: ["test/**/*.test.ts"],
    // As in production: in its test mode Better Auth leaves the origin of requests unchecked.
    env: { NODE_ENV: "production", TEST: "" },
    // For a machine that is busy.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 15_000 } },
  },
})
