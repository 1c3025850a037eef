import { CloudNativeError, messageOf } from "../util/errors.js"
import type { Verdict } from "./verdict.js"

/** The error of suites that have no result; the only one keeps its own code and fix. */
export function notRun(reasons: unknown[], failures: string[]): CloudNativeError {
  const [only] = reasons
  const own = reasons.length === 1 && only instanceof CloudNativeError ? only : undefined
  const codes = reasons.map(reason => (reason instanceof CloudNativeError ? reason.code : undefined))
  return new CloudNativeError({
    code: codes.every(code => code === "TESTS_MISSING") ? "TESTS_MISSING" : "TEST_RUNNER_FAILED",
    blame: "user",
    what: own?.what ?? "a suite could not be run; nothing was built",
    evidence: [...(own ? [own.evidence] : reasons.map(messageOf)), ...failures].filter(Boolean).join("\n\n"),
    why: own?.why ?? reasons.map(causeOf).join("\n"),
    fix:
      own?.fix ??
      "check the suite's `test` in cloud-native.yaml, its lockfile, and that package registries can be reached; where a system package is missing, such as a compiler or pg_config, set test.target to the stage of the Dockerfile that has it, or name it in test.packages",
    cause: only,
  })
}

/** Why a suite could not be run, in few lines. */
function causeOf(reason: unknown): string {
  return reason instanceof CloudNativeError ? `${reason.code}: ${reason.what}` : messageOf(reason)
}

/** The error of suites that ran, with what is wrong with them. */
export function notPassed({ text, causes }: Verdict & { passed: false }): CloudNativeError {
  return new CloudNativeError({
    code: "TESTS_FAILED",
    blame: "user",
    what: "the tests did not all pass; nothing was built",
    evidence: text,
    why: causes.join("\n"),
    fix: "fix the tests named above; a test that may be skipped goes to test.allowSkipped, by name",
  })
}
