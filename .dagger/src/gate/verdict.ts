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
  /** The tests in it; unset: it is missing, or is none. */
  tests?: TestResult[]
  /** What it printed. */
  output: string
  /** Names of tests that may be skipped; * stands for any text. */
  allowSkipped: string[]
}

/** The result of a gate, for one application each. */
export interface Untested {
  app: string
  /** Why it has no tests, on purpose. */
  reason: string
}

export type Verdict =
  | { passed: true; text: string }
  /** `causes`: a line for each suite, which tells what is wrong with it. */
  | { passed: false; text: string; causes: string[] }

/** What is wrong with a suite's run: in one line, and what shows it. */
interface Objection {
  cause: string
  lines: string[]
}

/** Whether every suite ran at least one test and all of them passed; the text says which did not, of every suite. */
export function judge(suites: SuiteRun[], untested: Untested[] = []): Verdict {
  const objections = suites.map(object).filter(objection => objection !== undefined)
  if (objections.length > 0) {
    const text = objections.map(({ cause, lines }) => [cause, ...lines].join("\n")).join("\n\n")
    return { passed: false, text, causes: objections.map(({ cause }) => cause) }
  }
  return {
    passed: true,
    text: [
      resultTable(suites.map(({ app, tests }) => ({ app, tests: tests! }))),
      ...untested.map(({ app, reason }) => `${app}: no tests, on purpose: ${reason}`),
    ]
      .filter(Boolean)
      .join("\n"),
  }
}

/** The tests of a report, if it is one; `todos`: names of tests without a body, where the report itself does not say which they are. */
export function testsIn(junit: string | undefined, todos: string[] = []): TestResult[] | undefined {
  const tests = junit === undefined ? undefined : parseJunit(junit)
  return tests?.map(test =>
    test.status === "skipped" && todos.some(name => test.name.endsWith(`› ${name}`))
      ? { ...test, status: "todo" }
      : test,
  )
}

/** Undefined: nothing is wrong. */
function object(suite: SuiteRun): Objection | undefined {
  const { tests } = suite
  const runner = (text: string, ...further: string[]): Objection => {
    const output = indent(lastLines(suite.output, 25), 4).trimEnd()
    return { cause: `${suite.app}: the test runner ${text}`, lines: [output, ...further].filter(Boolean) }
  }
  const ended = `ended with exit code ${suite.exitCode}`
  const failures = (tests ?? []).filter(test => test.status === "failed" || test.status === "errored")
  if (suite.timedOut) return runner(`did not end within ${suite.timeout} s`, ...failures.map(describe))
  if (suite.junit === undefined) return runner(`${ended}; it wrote no JUnit report`)
  if (!tests) return runner(`${ended}; its JUnit report cannot be read`)
  if (tests.length === 0) return runner(`${ended}; the suite has no tests`)
  const skipped = tests.filter(({ status, name }) => status === "skipped" && !isAllowed(name, suite.allowSkipped))
  const listed = [...failures, ...skipped]
  if (listed.length > 0) {
    const cause = `${suite.app}: ${listed.length} of ${tests.length} tests did not pass`
    return { cause, lines: listed.map(describe) }
  }
  if (!tests.some(({ status }) => status === "passed" || status === "xfailed"))
    return runner(`${ended}; the suite skipped every test`)
  if (suite.exitCode !== 0) return runner(`${ended}; every test passed, yet it failed`)
  return undefined
}

/** A row for each suite; the kinds that are rare have a column only where there is one. */
function resultTable(suites: { app: string; tests: TestResult[] }[]): string {
  const all = suites.flatMap(({ tests }) => tests)
  const rare = (["xfailed", "todo"] as const).filter(kind => all.some(({ status }) => status === kind))
  const columns: TestResult["status"][] = ["passed", "skipped", ...rare]
  const rows = suites.map(({ app, tests }) => {
    const counts = columns.map(kind => String(tests.filter(({ status }) => status === kind).length))
    const seconds = tests.reduce((total, test) => total + test.seconds, 0)
    return [app, String(tests.length), ...counts, `${seconds.toFixed(1)} s`]
  })
  return rows.length > 0
    ? formatTable(["SUITE", "TESTS", ...columns.map(kind => kind.toUpperCase()), "TIME"], rows)
    : ""
}

/** Whether a name is one of those; * stands for any text. */
function isAllowed(name: string, allowed: string[]): boolean {
  return allowed.some(pattern => {
    const parts = pattern.split("*").map(part => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    return new RegExp(`^${parts.join(".*")}$`, "s").test(name)
  })
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
