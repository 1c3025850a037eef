import { lastLines } from "../util/errors.js"
import { formatTable } from "../util/format.js"
import { parseJunit, type TestResult } from "./junit.js"

/** What one suite's runner left behind. */
export interface SuiteRun {
  app: string
  exitCode: number
  timedOut: boolean
  /** Seconds it was given. */
  timeout: number
  /** The report; unset: it wrote none. */
  junit?: string
  /** What it printed. */
  output: string
  /** Skipped tests that are let pass. */
  allowSkipped: number
}

export interface Verdict {
  passed: boolean
  text: string
}

/** Whether every suite ran at least one test and all of them passed; the text says which did not, of every suite. */
export function judge(suites: SuiteRun[]): Verdict {
  const read = suites.map(suite => ({ suite, tests: suite.junit === undefined ? undefined : parseJunit(suite.junit) }))
  const objections = read.map(({ suite, tests }) => object(suite, tests)).filter(text => text !== undefined)
  if (objections.length > 0) return { passed: false, text: objections.join("\n\n") }
  return {
    passed: true,
    text: formatTable(
      ["SUITE", "TESTS", "PASSED", "SKIPPED", "TIME"],
      read.map(({ suite, tests }) => row(suite, tests!)),
    ),
  }
}

/** What is wrong with a suite's run; undefined if nothing is. */
function object(suite: SuiteRun, tests: TestResult[] | undefined): string | undefined {
  const runner = (text: string) =>
    `${suite.app}: the test runner ${text}\n${indent(lastLines(suite.output, 25), 4)}`.trimEnd()
  const ended = `ended with exit code ${suite.exitCode}`
  const failures = (tests ?? []).filter(test => test.status === "failed" || test.status === "errored")
  if (suite.timedOut) return [runner(`did not end within ${suite.timeout} s`), ...failures.map(describe)].join("\n")
  if (suite.junit === undefined) return runner(`${ended}; it wrote no JUnit report`)
  if (!tests) return runner(`${ended}; its JUnit report cannot be read`)
  if (tests.length === 0) return runner(`${ended}; the suite has no tests`)
  const skipped = tests.filter(test => test.status === "skipped")
  const listed = skipped.length > suite.allowSkipped ? [...failures, ...skipped] : failures
  if (listed.length > 0)
    return [`${suite.app}: ${listed.length} of ${tests.length} tests did not pass`, ...listed.map(describe)].join("\n")
  if (skipped.length === tests.length) return runner(`${ended}; the suite skipped every test`)
  if (suite.exitCode !== 0) return runner(`${ended}; every test passed, yet it failed`)
  return undefined
}

function row(suite: SuiteRun, tests: TestResult[]): string[] {
  const count = (status: TestResult["status"]) => String(tests.filter(test => test.status === status).length)
  const seconds = tests.reduce((total, test) => total + test.seconds, 0)
  return [suite.app, String(tests.length), count("passed"), count("skipped"), `${seconds.toFixed(1)} s`]
}

/** A test that did not pass: its message, then the last line of the details, where runners put the place. */
function describe({ status, name, message, details }: TestResult): string {
  const lines = message.trim().split("\n")
  const shown = [...lines.slice(0, 5), ...(lines.length > 5 ? ["…"] : []), details.split("\n").at(-1)!].filter(line =>
    line.trim(),
  )
  return [`  ${status}: ${name}`, ...shown.map(line => indent(line.trimEnd(), 4))].join("\n")
}

function indent(text: string, width: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(width))
}
