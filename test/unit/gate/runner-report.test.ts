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
  test("names the tests without a body", () => {
    expect(todosIn(report)).toEqual(["some day"])
  })
  test("is none where it is cut off", () => {
    expect(junitOf(report.slice(0, -5), "/app")).toBeUndefined()
    expect(todosIn(report.slice(0, -5))).toEqual([])
  })
})
