import { describe, expect, test } from "vitest"

import { parseJunit } from "../../../.dagger/src/gate/junit.js"
import { junitOf, todosIn } from "../../../.dagger/src/gate/runner-report.js"

const tests = [
  { ancestorTitles: ["cart"], title: "adds <one>", status: "passed", duration: 1500 },
  {
    ancestorTitles: ["cart"],
    title: "removes",
    status: "failed",
    failureMessages: ["Error: 1 is not 2\n\nExpected: 2\n    at test.js:3:1\n    at node:internal"],
  },
  { ancestorTitles: [], title: "some day", status: "todo" },
  { ancestorTitles: [], title: "not today", status: "pending" },
]
const report = JSON.stringify({
  testResults: [
    { name: "/app/cart.test.js", status: "failed", message: "", assertionResults: tests },
    { name: "/app/broken.test.js", status: "failed", message: "Cannot find module", assertionResults: [] },
  ],
})

const FAILED = { title: "one", status: "failed" }
const read = (...testResults: object[]) => parseJunit(junitOf(JSON.stringify({ testResults }), "/app")!)

describe("the report that jest writes in JSON", () => {
  test("becomes a JUnit report of the same tests", () => {
    expect(parseJunit(junitOf(report, "/app")!)).toEqual([
      { name: "cart.test.js › cart > adds <one>", status: "passed", message: "", details: "", seconds: 1.5 },
      {
        name: "cart.test.js › cart > removes",
        status: "failed",
        message: "Error: 1 is not 2\n\nExpected: 2",
        details: "at test.js:3:1",
        seconds: 0,
      },
      { name: "cart.test.js › some day", status: "todo", message: "", details: "", seconds: 0 },
      { name: "cart.test.js › not today", status: "skipped", message: "", details: "", seconds: 0 },
      { name: "broken.test.js › the file", status: "errored", message: "Cannot find module", details: "", seconds: 0 },
    ])
  })
  test("has nothing but the tests, a suite for each file", () => {
    const passed = [{ title: "one", status: "passed", duration: 250 }]
    const testResults = ["a", "b"].map(name => ({ name: `/app/${name}.js`, assertionResults: passed }))
    expect(junitOf(JSON.stringify({ testResults }), "/app")).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="a.js"><testcase classname="a.js" name="one" time="0.25"/></testsuite>
<testsuite name="b.js"><testcase classname="b.js" name="one" time="0.25"/></testsuite></testsuites>
`,
    )
  })
  test("names the tests without a body", () => {
    expect(todosIn(report)).toEqual(["some day"])
  })
  test("is none where it is cut off", () => {
    expect(junitOf(report.slice(0, -5), "/app")).toBeUndefined()
    expect(todosIn(report.slice(0, -5))).toEqual([])
  })
  test("has the file as it is named, where it is not in the folder of the suite", () => {
    expect(read({ name: "/apparel/a.test.js", assertionResults: [{ title: "one", status: "passed" }] })).toMatchObject([
      { name: "/apparel/a.test.js › one", status: "passed" },
    ])
  })
  test.each([
    ["a file that failed by a test has no further failure", { status: "failed", assertionResults: [FAILED] }, ["one"]],
    [
      "a file that failed although its tests passed has one",
      { status: "failed", message: "open handle", assertionResults: [{ ...FAILED, status: "passed" }] },
      ["one", "the file"],
    ],
    ["a file that passed has none", { status: "passed", assertionResults: [] }, []],
    ["a file without a status has none", { assertionResults: [] }, []],
  ])("%s", (_, result, names) => {
    expect(read({ name: "a", ...result })?.map(({ name }) => name)).toEqual(names.map(name => `a › ${name}`))
  })
  test.each<[string, string[] | null | undefined, string, string]>([
    ["of several parts", ["Error: one", "two"], "Error: one\ntwo", ""],
    ["with a stack", ["  Error: one\n    at a.js:1\n    at b.js:1"], "Error: one", "at a.js:1"],
    ["with empty lines above the stack", ["Error: one\n\n    at a.js:1"], "Error: one", "at a.js:1"],
    ["with a stack alone", ["    at a.js:1"], "", "at a.js:1"],
    ["that speaks of a place", ["called at noon"], "called at noon", ""],
    ["with what only looks like a stack", ["expected\nat home"], "expected\nat home", ""],
    ["with marks of XML and colours", [`\u001b[31m1 < 2 & "3" > 2`], `1 < 2 & "3" > 2`, ""],
    ["that is missing", null, "", ""],
    ["that is left out", undefined, "", ""],
  ])("a failure %s", (_, failureMessages, message, details) => {
    expect(read({ name: "a", assertionResults: [{ ...FAILED, failureMessages }] })).toMatchObject([
      { status: "failed", message, details },
    ])
  })
  test("is none where it is another report", () => {
    expect(junitOf('{"testResults":[{}]}', "/app")).toBeUndefined()
    expect(todosIn('{"testResults":[{}]}')).toEqual([])
  })
})
