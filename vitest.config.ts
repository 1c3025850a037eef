import { defineConfig } from "vitest/config"

const minutes = (count: number) => count * 60_000

/** The workflow's jobs, the examples and a promotion, each with a cluster of its own: `npm run test:reuse`. */
const REUSE = ["act", "examples", "promotion"].map(name => `test/e2e/${name}.test.ts`)

/**
 * Tests that mostly wait for a cluster: two files at once, each with a cluster of its own. With more, or with two that roll out whole
 * applications, the two cores are what a verdict waits for: so one project follows the other.
 */
const onClusters = (groupOrder: number) => ({
  setupFiles: "test/e2e/cleanup.ts",
  testTimeout: minutes(15),
  hookTimeout: minutes(30),
  maxWorkers: 2,
  maxConcurrency: 1,
  sequence: { groupOrder },
})

export default defineConfig({
  test: {
    // Vitest leaves one processor to itself, which has little to do.
    maxWorkers: "100%",
    tags: [
      { name: "representative", description: "the cases of the slow suites that `npm test` takes, one of each kind" },
      { name: "slow", description: "the cases of e2e that `npm test` leaves to `npm run test:e2e`" },
    ],
    projects: [
      // The tests share their modules: importing them for each file anew took most of the time. They take milliseconds, and some
      // of them seconds on a machine that does other work: that fails none.
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], isolate: false, testTimeout: 30_000 } },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          globalSetup: "test/conformance/setup.ts",
          testTimeout: minutes(5),
          hookTimeout: minutes(10),
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          setupFiles: "test/e2e/cleanup.ts",
          exclude: [
            ...REUSE,
            // Deploy to the lab's cluster, which a real engine does not reach, or ask the embedded engine itself.
            ...(process.env.DAGGER ? ["preflight", "workflow", "docs"].map(name => `test/e2e/${name}.test.ts`) : []),
          ],
          testTimeout: minutes(15),
          hookTimeout: minutes(30),
          // Each file drives containers on a machine of two cores: some side by side are faster than all at once.
          maxWorkers: 2,
          maxConcurrency: 2,
          sequence: { groupOrder: 2 },
        },
      },
      { test: { name: "reuse", include: REUSE, ...onClusters(3) } },
      { test: { name: "adoption", include: ["test/adoption/*.test.ts"], ...onClusters(4), testTimeout: minutes(30) } },
      { test: { name: "faults", include: ["test/faults/**/*.test.ts"], ...onClusters(5) } },
      {
        test: {
          name: "verify",
          include: ["test/verify/**/*.test.ts"],
          setupFiles: "test/e2e/cleanup.ts",
          testTimeout: minutes(15),
          hookTimeout: minutes(10),
          fileParallelism: false,
          maxConcurrency: 3,
        },
      },
    ],
  },
})
