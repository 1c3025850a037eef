import { XMLParser, XMLValidator } from "fast-xml-parser"
import { z } from "zod"

export interface TestResult {
  name: string
  status: "passed" | "failed" | "errored" | "skipped"
  /** Why it did not pass. */
  message: string
  seconds: number
}

const Outcome = z.union([z.string(), z.object({ message: z.string().default(""), "#text": z.string().default("") })])
const outcomes = z.array(Outcome).default([])
const Case = z.object({
  name: z.string(),
  classname: z.string().default(""),
  time: z.coerce.number().default(0),
  failure: outcomes,
  error: outcomes,
  skipped: outcomes,
})

interface Suite {
  testcase: z.infer<typeof Case>[]
  testsuite: Suite[]
}
const Suite: z.ZodType<Suite> = z.lazy(() => z.object({ testcase: z.array(Case).default([]), testsuite: z.array(Suite).default([]) }))
const Report = z.union([
  z.object({ testsuites: z.union([Suite, z.literal("").transform((): Suite => ({ testcase: [], testsuite: [] }))]) }).transform(report => report.testsuites),
  z.object({ testsuite: z.array(Suite) }).transform((report): Suite => ({ testcase: [], testsuite: report.testsuite })),
])

const LISTS = ["testsuite", "testcase", "failure", "error", "skipped"]

/** The tests of a JUnit report, of nested suites too; undefined if it is none. */
export function parseJunit(xml: string): TestResult[] | undefined {
  if (XMLValidator.validate(xml) !== true) return undefined
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseAttributeValue: false,
    parseTagValue: false,
    isArray: tag => LISTS.includes(tag),
  })
  const report = Report.safeParse(parser.parse(xml))
  return report.success ? testsOf(report.data) : undefined
}

function testsOf(suite: Suite): TestResult[] {
  return [...suite.testcase.map(readCase), ...suite.testsuite.flatMap(testsOf)]
}

function readCase(test: z.infer<typeof Case>): TestResult {
  const [status, outcome] = test.error[0] !== undefined
    ? (["errored", test.error[0]] as const)
    : test.failure[0] !== undefined
      ? (["failed", test.failure[0]] as const)
      : test.skipped[0] !== undefined
        ? (["skipped", test.skipped[0]] as const)
        : (["passed", ""] as const)
  return { name: [test.classname, test.name].filter(Boolean).join(" › "), status, message: textOf(outcome), seconds: test.time }
}

function textOf(outcome: z.infer<typeof Outcome>): string {
  return typeof outcome === "string" ? outcome : outcome.message || outcome["#text"]
}
