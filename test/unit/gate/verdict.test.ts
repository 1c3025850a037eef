import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { parseJunit } from "../../../.dagger/src/gate/junit.js"
import { judge, type SuiteRun } from "../../../.dagger/src/gate/verdict.js"

const CASES = join(import.meta.dirname, "cases/verdict")
const REPORTS = join(import.meta.dirname, "reports")

const report = (name: string) => readFileSync(join(REPORTS, name), "utf8")

/** A case is two runs, whose reports are files of reports/ as pytest and vitest wrote them, and the gate's text on them. */
describe("the gate", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const { passed, suites, untested } = parse(readFileSync(join(CASES, name, "runs.yaml"), "utf8"))
    const verdict = judge(
      suites.map(({ report: file, ...suite }: Partial<SuiteRun> & { report?: string }) => ({
        exitCode: 0,
        timedOut: false,
        timeout: 600,
        output: "",
        allowSkipped: [],
        ...suite,
        junit: file && report(file),
      })),
      untested,
    )
    expect(verdict.text).toBe(readFileSync(join(CASES, name, "expected.txt"), "utf8").trimEnd())
    expect(verdict.passed).toBe(passed)
  })
})

describe("a JUnit report", () => {
  test("of nested suites gives the tests of all of them", () => {
    const xml = `<testsuite name="a"><testcase name="one"/><testsuite name="b"><testcase classname="B" name="two" time="0.5"/></testsuite></testsuite>`
    expect(parseJunit(xml)).toMatchObject([{ name: "one" }, { name: "B › two", seconds: 0.5 }])
  })

  test("has its characters decoded", () => {
    const [found] = parseJunit(
      `<testsuites><testsuite><testcase name="a&lt;b&amp;lt;"><failure message="1&#10;2&#x2713;"><![CDATA[<raw>]]></failure></testcase></testsuite></testsuites>`,
    )!
    expect(found).toMatchObject({ name: "a<b&lt;", status: "failed", message: "1\n2✓", details: "<raw>" })
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
