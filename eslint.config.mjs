import eslint from "@eslint/js"
import vitest from "@vitest/eslint-plugin"
import sortImports from "eslint-plugin-simple-import-sort"
import tseslint from "typescript-eslint"

/** Answers of a server or a tool, which a test only compares, may be of any type. */
const UNSAFE = ["argument", "assignment", "call", "member-access", "return"].map(what => [
  `@typescript-eslint/no-unsafe-${what}`,
  "off",
])

export default tseslint.config(
  // The sample application, the module that is built on this one and other people's repositories are projects of their own.
  {
    ignores: [
      "**/node_modules/",
      "**/sdk/",
      ".stryker-tmp/",
      "mutation/",
      "test/adoption/shapes/",
      "test/app/",
      "test/consumer/",
      "test/engine/fixture/",
      "examples/",
    ],
  },
  eslint.configs.recommended,
  {
    plugins: { sortImports },
    rules: {
      "sortImports/imports": ["error", { groups: [["^node:"], ["^@?\\w"], ["^\\."]] }],
      "sortImports/exports": "error",
    },
  },
  {
    files: [".dagger/src/**/*.ts", "test/**/*.ts", "*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // A function of a promise is often one in form only: the engine and the tests pass plain values on.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["**/*.mjs", "test/**/*.js"],
    languageOptions: { globals: { process: "readonly", console: "readonly" } },
  },
  {
    files: [".dagger/templates/**/*.cjs"],
    languageOptions: {
      globals: { __dirname: "readonly", AbortSignal: "readonly", Buffer: "readonly", process: "readonly" },
    },
  },
  {
    files: [".dagger/k6/*.js"],
    languageOptions: { globals: { __ENV: "readonly", open: "readonly", console: "readonly" } },
  },
  {
    files: ["test/**/*.ts"],
    rules: { ...Object.fromEntries(UNSAFE), "@typescript-eslint/no-explicit-any": "off" },
  },
  {
    files: ["test/**/*.test.ts"],
    plugins: { vitest },
    rules: {
      ...vitest.configs.recommended.rules,
      // expect(value, message) is part of vitest.
      // isUndone and adopt are the assertions that every case of the faults, and every shape, shares.
      "vitest/expect-expect": ["error", { assertFunctionNames: ["expect", "isUndone", "adopt"] }],
      "vitest/valid-expect": ["error", { maxArgs: 2 }],
      // The conformance suite names test otherwise; what a suite is set up with has to have worked.
      "vitest/no-standalone-expect": [
        "error",
        {
          additionalTestBlockFunctions: [
            "on",
            "test.concurrent",
            "test.concurrent.each",
            "test.for",
            "beforeAll",
            "beforeEach",
          ],
        },
      ],
    },
  },
)
