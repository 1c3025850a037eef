import { formatTable } from "../verify/table.js"
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

const OUTPUT_LINES = 25

/** Whether every suite ran at least one test and all of them passed; the text says which did not, of every suite. */
export function judge(suites: SuiteRun[]): Verdict {
  const objections = suites.flatMap(suite => object(suite) ?? [])
  if (objections.length > 0) return { passed: false, text: objections.join("\n\n") }
  return { passed: true, text: formatTable(["SUITE", "TESTS", "PASSED", "SKIPPED", "TIME"], suites.map(row)) }
}

/** What is wrong with a suite's run; undefined if nothing is. */
function object(suite: SuiteRun): string | undefined {
  if (suite.timedOut) return withOutput(`${suite.app}: the test runner did not end within ${suite.timeout} s (exit code ${suite.exitCode})`, suite)
  if (suite.junit === undefined) return withOutput(`${suite.app}: the test runner wrote no JUnit report (exit code ${suite.exitCode})`, suite)
  const tests = parseJunit(suite.junit)
  if (!tests) return withOutput(`${suite.app}: the test runner's JUnit report cannot be read (exit code ${suite.exitCode})`, suite)
  if (tests.length === 0) return withOutput(`${suite.app}: the suite has no tests (exit code ${suite.exitCode})`, suite)
  const bad = tests.filter(test => test.status === "failed" || test.status === "errored")
  const skipped = tests.filter(test => test.status === "skipped")
  const listed = skipped.length > suite.allowSkipped ? [...bad, ...skipped] : bad
  if (listed.length > 0) return [`${suite.app}: ${listed.length} of ${tests.length} tests did not pass`, ...listed.map(describe)].join("\n")
  if (suite.exitCode !== 0) return withOutput(`${suite.app}: every test passed, yet the test runner ended with exit code ${suite.exitCode}`, suite)
  return undefined
}

function row(suite: SuiteRun): string[] {
  const tests = parseJunit(suite.junit ?? "") ?? []
  const count = (status: TestResult["status"]) => String(tests.filter(test => test.status === status).length)
  const seconds = tests.reduce((total, test) => total + test.seconds, 0)
  return [suite.app, String(tests.length), count("passed"), count("skipped"), `${seconds.toFixed(1)} s`]
}

function describe(test: TestResult): string {
  const [first = "", ...more] = test.message.trim().split("\n")
  return [`  ${test.status}: ${test.name}`, ...[first, ...more.slice(0, 4)].filter(Boolean).map(line => `    ${line}`)].join("\n")
}

function withOutput(text: string, suite: SuiteRun): string {
  const lines = suite.output.trim().split("\n").slice(-OUTPUT_LINES)
  return [text, ...lines.map(line => `    ${line}`)].join("\n")
}
