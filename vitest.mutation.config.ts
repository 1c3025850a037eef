import { defineConfig } from "vitest/config"

/** For Stryker: the unit tests, without those of the tests' own tools and those that read the whole repository. */
export default defineConfig({
  test: {
    include: ["test/unit/**/*.test.ts"],
    exclude: ["bench", "docs", "engine", "lab", "repository"].map(folder => `test/unit/${folder}/**`),
    isolate: false,
    setupFiles: "test/mutation-setup.ts",
    // Stryker's own hook comes first.
    sequence: { hooks: "list" },
  },
})
