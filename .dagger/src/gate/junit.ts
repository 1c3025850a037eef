import { XMLParser, XMLValidator } from "fast-xml-parser"
import { z } from "zod"

export interface TestResult {
  /** Class or file, then the test's own name. */
  name: string
  /** xfailed: it was expected to fail, and did. todo: it has no body yet. */
  status: "passed" | "failed" | "errored" | "skipped" | "xfailed" | "todo"
  /** Why it did not pass, in the runner's words. */
  message: string
  /** What stands below that: the assertion's difference, the stack. */
  details: string
  seconds: number
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseAttributeValue: false,
  parseTagValue: false,
  // Entities are decoded here, so that none that a document defines is ever expanded.
  processEntities: false,
  isArray: (tag, _path, _leaf, isAttribute) => !isAttribute && LISTS.includes(tag),
})
const LISTS = ["testsuite", "testcase", "failure", "error", "skipped"]

const text = z.string().default("").transform(decode)
const Outcome = element(z.object({ "@message": text, "@type": text, "#text": text }))
const outcomes = z.array(Outcome).default([])
const Case = z.object({
  "@name": text,
  "@classname": text,
  "@time": z.coerce.number().catch(0),
  failure: outcomes,
  error: outcomes,
  skipped: outcomes,
})

interface Suite {
  testcase: z.infer<typeof Case>[]
  testsuite: Suite[]
}
const Suite: z.ZodType<Suite> = element(
  z.object({ testcase: z.array(Case).default([]), testsuite: z.array(z.lazy(() => Suite)).default([]) }),
)
const Report = z.union([
  z.object({ testsuites: Suite }).transform(report => report.testsuites),
  z.object({ testsuite: z.array(Suite) }).transform((report): Suite => ({ testcase: [], testsuite: report.testsuite })),
])

/** The tests of a JUnit report, of nested suites too; undefined if it is none. */
export function parseJunit(xml: string): TestResult[] | undefined {
  const report = Report.safeParse(parseXml(xml))
  return report.success ? testsOf(report.data) : undefined
}

function parseXml(xml: string): unknown {
  try {
    return XMLValidator.validate(xml) === true ? parser.parse(xml) : undefined
  } catch {
    return undefined
  }
}

function testsOf(suite: Suite): TestResult[] {
  return [...suite.testcase.map(readCase), ...suite.testsuite.flatMap(testsOf)]
}

function readCase(test: z.infer<typeof Case>): TestResult {
  const { status, outcome } = outcomeOf(test)
  return {
    name: [test["@classname"], test["@name"]].filter(Boolean).join(" › "),
    status,
    message: outcome?.["@message"] ?? "",
    details: outcome?.["#text"].trim() ?? "",
    seconds: test["@time"],
  }
}

/** Kinds of <skipped> that are no skipped tests, by their type: pytest's and node's own words. */
const KINDS: Record<string, TestResult["status"]> = { "pytest.xfail": "xfailed", todo: "todo" }

function kindOf(outcome: z.infer<typeof Outcome>): TestResult["status"] {
  // bun writes no types, and no reasons: a test without a body has this message, and one that is skipped none.
  const isTodo = outcome["@type"] === "" && outcome["@message"] === "TODO"
  return isTodo ? "todo" : (KINDS[outcome["@type"]] ?? "skipped")
}

/** The worst that a test's element says: a test may fail, and then its clean-up too. */
function outcomeOf({ error, failure, skipped }: z.infer<typeof Case>): {
  status: TestResult["status"]
  outcome?: z.infer<typeof Outcome>
} {
  if (error.length > 0) return { status: "errored", outcome: error[0] }
  if (failure.length > 0) return { status: "failed", outcome: failure[0] }
  const [outcome] = skipped
  if (outcome) return { status: kindOf(outcome), outcome }
  return { status: "passed" }
}

/** An element as the parser gives it: without attributes and children it is its text. */
function element<Shape extends z.ZodType>(shape: Shape) {
  return z.preprocess(value => (typeof value === "string" ? { "#text": value } : value), shape)
}

const NAMED: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }

/** The five entities that XML defines itself, and characters by number. */
function decode(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (entity: string, hex?: string, decimal?: string, name?: string) => {
      if (name) return NAMED[name] ?? entity
      const point = hex ? parseInt(hex, 16) : Number(decimal)
      return point <= 0x10ffff ? String.fromCodePoint(point) : entity
    },
  )
}
