import { describe, expect, test } from "vitest"

import { notPassed, notRun } from "../../../.dagger/src/gate/not-passed.js"
import { CloudNativeError } from "../../../.dagger/src/util/errors.js"

const missing = (what: string) =>
  new CloudNativeError({ code: "TESTS_MISSING", blame: "user", what, why: `${what}: none`, fix: `${what}: add one` })
const INSTALL = new CloudNativeError({
  code: "TEST_RUNNER_FAILED",
  blame: "user",
  what: "two lockfiles",
  why: "each is another's",
  fix: "delete one",
})
const NOT_RUN = "a suite could not be run; nothing was built"
const CHECK =
  "check the suite's `test` in cloud-native.yaml, its lockfile, and that package registries can be reached; where a system package is missing, such as a compiler or pg_config, set test.target to the stage of the Dockerfile that has it, or name it in test.packages"

describe("a gate with a suite that could not be run fails", () => {
  test.each<[string, unknown[], string[], object]>([
    [
      "with the suite's own reason and fix",
      [INSTALL],
      [],
      { code: "TEST_RUNNER_FAILED", what: "two lockfiles", why: "each is another's", fix: "delete one" },
    ],
    [
      "with the failures of another suite too",
      [missing("backend")],
      ["frontend: 1 of 2 tests did not pass"],
      {
        code: "TESTS_MISSING",
        what: "backend",
        evidence: "frontend: 1 of 2 tests did not pass",
        why: "backend: none",
        fix: "backend: add one",
      },
    ],
    [
      "with the reason of an error that is none of the module's",
      [new Error("backend: no route to host")],
      [],
      { code: "TEST_RUNNER_FAILED", what: NOT_RUN, why: "backend: no route to host", fix: CHECK },
    ],
    [
      "with each suite's reason and fix, where both lack tests",
      [missing("backend"), missing("frontend")],
      [],
      {
        code: "TESTS_MISSING",
        what: NOT_RUN,
        evidence: expect.stringMatching(
          /^TESTS_MISSING: backend\n[^]*backend: add one\n\nTESTS_MISSING: frontend\n[^]*frontend: add one$/,
        ),
        why: "TESTS_MISSING: backend\nTESTS_MISSING: frontend",
        fix: CHECK,
      },
    ],
    [
      "as one that could not be run, where only one lacks tests",
      [missing("backend"), INSTALL],
      [],
      { code: "TEST_RUNNER_FAILED", what: NOT_RUN, fix: CHECK },
    ],
  ])("%s", (_, reasons, failures, expected) => {
    const error = notRun(reasons, failures)
    expect(error).toMatchObject({ blame: "user", ...expected })
    expect(error.cause).toBe(reasons[0])
  })
})

test("a gate with a test that did not pass fails with the verdict", () => {
  const text = "backend: 1 of 2 tests did not pass\n  failed: one\n    no"
  const causes = ["backend: 1 of 2 tests did not pass"]
  expect(notPassed({ passed: false, text, causes })).toMatchObject({
    code: "TESTS_FAILED",
    blame: "user",
    what: "the tests did not all pass; nothing was built",
    evidence: text,
    why: causes[0],
    fix: "fix the tests named above; a test that may be skipped goes to test.allowSkipped, by name",
  })
})
