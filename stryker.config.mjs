// `npm run test:mutation`: changes one thing at a time in the code that decides, and expects a unit test to fail. See CONTRIBUTING.md.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const SOURCE = ".dagger/src"

/** Where rules, verdicts and parsing are, and the removal of secrets. */
const FOLDERS = [
  "config",
  "gate",
  "manifests",
  "monitor",
  "push",
  "registry",
  "release",
  "schema",
  "status",
  "util",
  "verify",
]

/** A file that awaits something, or calls the engine, acts; the other tiers test it. */
const ACTS = /\bawait\b|^import .*\bdag\b/m

const mutate = FOLDERS.flatMap(folder => readdirSync(join(SOURCE, folder), { recursive: true, withFileTypes: true }))
  .filter(entry => entry.isFile())
  .map(entry => join(entry.parentPath, entry.name))
  .filter(path => !ACTS.test(readFileSync(path, "utf8")))

export default {
  mutate,
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutation.config.ts" },
  coverageAnalysis: "perTest",
  // A constant that is made while its file loads takes a run of all tests for each change of it.
  ignoreStatic: true,
  disableTypeChecks: false,
  thresholds: { high: 95, low: 95, break: 95 },
  concurrency: 2,
  // Ample: on a busy machine, a test that is only slow would count as one that noticed the change.
  timeoutMS: 30_000,
  timeoutFactor: 5,
  reporters: ["clear-text", "html", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: "mutation/report.html" },
  jsonReporter: { fileName: "mutation/report.json" },
}
