import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { parseJunit } from "../../../.dagger/src/gate/junit.js"
import { judge, type SuiteRun, testsIn } from "../../../.dagger/src/gate/verdict.js"

const CASES = join(import.meta.dirname, "cases/verdict")
const REPORTS = join(import.meta.dirname, "reports")

const report = (name: string) => readFileSync(join(REPORTS, name), "utf8")

/** A case is one or two runs, whose reports are files of reports/ as the runners write them, and the gate's text on them. */
describe("the gate", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const { passed, suites, untested } = parse(readFileSync(join(CASES, name, "runs.yaml"), "utf8"))
    const verdict = judge(
      suites.map(({ report: file, todos, ...suite }: Partial<SuiteRun> & { report?: string; todos?: string[] }) => {
        const junit = file && report(file)
        return {
          exitCode: 0,
          timedOut: false,
          timeout: 600,
          output: "",
          allowSkipped: [],
          ...suite,
          junit,
          tests: testsIn(junit, todos),
        }
      }),
      untested,
    )
    expect(verdict.text).toBe(readFileSync(join(CASES, name, "expected.txt"), "utf8").trimEnd())
    expect(verdict.passed).toBe(passed)
    // What is wrong with each suite, in one line: the last of an error.
    const causes = verdict.passed ? [] : verdict.causes
    expect(verdict.text.split("\n")).toEqual(expect.arrayContaining(causes))
  })
})

test("the causes of a verdict are a line for each suite that failed", () => {
  const suite = (app: string, exitCode: number): SuiteRun => ({
    app,
    exitCode,
    timedOut: false,
    timeout: 600,
    output: "Segmentation fault",
    allowSkipped: [],
  })
  expect(judge([suite("backend", 139), suite("frontend", 1)])).toMatchObject({
    causes: [
      "backend: the test runner ended with exit code 139; it wrote no JUnit report",
      "frontend: the test runner ended with exit code 1; it wrote no JUnit report",
    ],
  })
})

describe("the verdict on one suite", () => {
  type Run = Partial<SuiteRun> & { todos?: string[] }
  const suite = (cases: string, { todos, ...run }: Run = {}): SuiteRun => {
    const junit = `<testsuites><testsuite>${cases}</testsuite></testsuites>`
    return {
      app: "backend",
      exitCode: 0,
      timedOut: false,
      timeout: 600,
      output: "",
      allowSkipped: [],
      junit,
      tests: testsIn(junit, todos),
      ...run,
    }
  }
  const PASSED = `<testcase name="one" time="1.5"/>`
  const SKIPPED = `<testcase name="two"><skipped/></testcase>`
  const XFAILED = `<testcase name="three" time="0.25"><skipped type="pytest.xfail"/></testcase>`

  test.each<[string, string, Run, boolean]>([
    ["tests that are expected to fail, and do, are enough", XFAILED, {}, true],
    ["one test that is allowed to be skipped is not", SKIPPED, { allowSkipped: ["two"] }, false],
    ["a failed exit fails it, whatever the tests say", PASSED, { exitCode: 1 }, false],
    ["a test that was skipped fails it", PASSED + SKIPPED, {}, false],
    ["unless it has no body", PASSED + SKIPPED.replace("two", "a › b › two"), { todos: ["one", "b › two"] }, true],
    ["or bun says so", PASSED + SKIPPED.replace("skipped", 'skipped message="TODO"'), {}, true],
    [
      "but not by a reason",
      PASSED + SKIPPED.replace("skipped", 'skipped type="pytest.skip" message="TODO"'),
      {},
      false,
    ],
    ["nor by another message", PASSED + SKIPPED.replace("skipped", 'skipped message="TODO: write"'), {}, false],
    ["by its whole name", PASSED + SKIPPED.replace("two", "one two"), { todos: ["two"] }, false],
  ])("%s", (_, cases, run, passed) => {
    expect(judge([suite(cases, run)]).passed).toBe(passed)
  })

  test.each([
    ["two", "two", true],
    ["*", "two", true],
    ["t*o", "two\nlines, o", true],
    ["two", "two on windows", false],
    ["two", "not two", false],
    ["t.o", "two", false],
    ["[two]*", "[two] on windows", true],
    ["two (a+b)", "two (a+b)", true],
  ])("a test may be skipped by the name %j: %j: %s", (pattern, name, passed) => {
    const cases = PASSED + SKIPPED.replace("two", name.replace("\n", "&#10;"))
    expect(judge([suite(cases, { allowSkipped: ["other", pattern] })]).passed).toBe(passed)
  })

  test("has the time of all its tests, and kinds that are rare only where there are some", () => {
    expect(judge([suite(PASSED + XFAILED + PASSED)]).text).toBe(
      "SUITE    TESTS  PASSED  SKIPPED  XFAILED  TIME\nbackend  3      2       0        1        3.3 s",
    )
  })

  test("counts a test without a body as todo, where the runner's own report names it, and no other", () => {
    const cases = `<testcase classname="a" name="one"/>${SKIPPED.replace("two", "a › two")}`
    expect(judge([suite(cases, { todos: ["one", "two"] })]).text).toBe(
      "SUITE    TESTS  PASSED  SKIPPED  TODO  TIME\nbackend  2      1       0        1     0.0 s",
    )
  })

  test("leaves empty lines of a message out", () => {
    const failed = `<testcase name="one"><failure message="no&#10;   &#10;&#10;why"/></testcase>`
    expect(
      judge([suite(failed)])
        .text.split("\n")
        .slice(2),
    ).toEqual(["    no", "    why"])
  })

  test("shows five lines of a message, and the last line of the details", () => {
    const failed = (lines: number) =>
      `<testcase name="one"><failure message="${"a line  &#10;".repeat(lines)}">above&#10;&#10;a.py:1  </failure></testcase>`
    const text = (lines: number) => judge([suite(failed(lines))]).text.split("\n")
    const expected = ["backend: 1 of 1 tests did not pass", "  failed: one", ...Array<string>(5).fill("    a line")]
    expect(text(5)).toEqual([...expected, "    a.py:1"])
    expect(text(6)).toEqual([...expected, "    …", "    a.py:1"])
  })

  test("that took too long names the tests that had failed by then", () => {
    const failed = `<testcase name="one"><failure message="no"/></testcase>`
    const run = { timedOut: true, timeout: 30, output: "running\n\n  two\n" }
    expect(judge([suite(failed + PASSED, run)]).text.split("\n")).toEqual([
      "backend: the test runner did not end within 30 s",
      "    running",
      "",
      "      two",
      "  failed: one",
      "    no",
    ])
  })

  test("is none where no application has tests, which is said", () => {
    expect(judge([], [{ app: "backend", reason: "a demo" }])).toEqual({
      passed: true,
      text: "backend: no tests, on purpose: a demo",
    })
  })
})

describe("a JUnit report", () => {
  test("of nested suites gives the tests of all of them", () => {
    const xml = `<testsuite name="a"><testcase name="one"/><testsuite name="b"><testcase classname="B" name="two" time="0.5"/></testsuite></testsuite>`
    expect(parseJunit(xml)).toMatchObject([{ name: "one" }, { name: "B › two", seconds: 0.5 }])
  })

  test("has its characters decoded", () => {
    const [found] = parseJunit(
      `<testsuites><testsuite><testcase name="a&lt;b&amp;lt;"><failure message="1&#10;2&#x2713;"><![CDATA[<raw>\n]]></failure></testcase></testsuite></testsuites>`,
    )!
    expect(found).toMatchObject({ name: "a<b&lt;", status: "failed", message: "1\n2✓", details: "<raw>" })
  })

  test.each([
    ["&#x10FFFF;", "\u{10ffff}"],
    ["&#1114111;", "\u{10ffff}"],
    ["&#x110000;", "&#x110000;"],
    ["&unknown;", "&unknown;"],
  ])("has characters by number, as far as there are some: %s", (written, name) => {
    expect(parseJunit(`<testsuite><testcase name="${written}"/></testsuite>`)).toMatchObject([{ name }])
  })

  test("may tell a failure by its text alone", () => {
    expect(
      parseJunit(`<testsuite><testcase name="one"><failure>a.py:1</failure></testcase></testsuite>`),
    ).toMatchObject([{ status: "failed", message: "", details: "a.py:1" }])
  })

  test("may hold a web page in its output", () => {
    expect(
      parseJunit(
        `<testsuites><testsuite><testcase name="one"><system-out><![CDATA[<!DOCTYPE html><p>]]></system-out></testcase></testsuite></testsuites>`,
      ),
    ).toMatchObject([{ status: "passed" }])
  })

  test("that a failing test and its failing clean-up share is an error", () => {
    expect(
      parseJunit(
        `<testsuites><testsuite><testcase name="one"><failure message="f"/><error message="e"/></testcase></testsuite></testsuites>`,
      ),
    ).toMatchObject([{ status: "errored", message: "e" }])
  })

  test("that defines entities gets none of them expanded", () => {
    const entities = [..."bcdefgh"].reduce(
      (all, name, index) => `${all}<!ENTITY ${name} "${`&${"abcdefg"[index]};`.repeat(10)}">`,
      `<!ENTITY a "lol">`,
    )
    const xml = `<!DOCTYPE x [${entities}]><testsuites><testsuite><testcase name="&a;&h;"/></testsuite></testsuites>`
    expect(parseJunit(xml)).toMatchObject([{ name: "&a;&h;" }])
  })

  test.each([
    ["empty", ""],
    ["text", "Segmentation fault"],
    ["cut off", `<testsuites><testsuite><testcase name="one"/>`],
    ["another XML", "<html><body/></html>"],
    ["two documents", "<testsuites/><testsuites/>"],
    ["nested without end", "<testsuite>".repeat(100_000) + "</testsuite>".repeat(100_000)],
  ])("that is none (%s) is not taken for one", (_, xml) => {
    expect(parseJunit(xml)).toBeUndefined()
  })

  test.each([
    ["pytest", report("pytest-none.xml")],
    ["vitest", report("vitest-none.xml")],
    ["an empty element", "<testsuites><testsuite></testsuite></testsuites>"],
  ])("of a suite without tests is a report: %s", (_, xml) => {
    expect(parseJunit(xml)).toEqual([])
  })
})
