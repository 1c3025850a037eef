import { z } from "zod"

import { withoutControl } from "../util/printable.js"
import { escapeXml } from "../util/xml.js"

/** The report that jest writes with --json, and vitest with its reporter of the same form. */
const Report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().default(""),
      status: z.string().default(""),
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()).default([]),
          title: z.string(),
          status: z.string(),
          duration: z.number().nullish(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
})
type Report = z.output<typeof Report>
type Assertion = Report["testResults"][number]["assertionResults"][number]

/** The same tests as a JUnit report; undefined where the text is no such report. */
export function junitOf(json: string, root: string): string | undefined {
  const report = parse(json)
  if (!report) return undefined
  const suites = report.testResults.map(({ name, message, status, assertionResults }) => {
    const file = name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name
    // A file that cannot be loaded has no tests, and a message.
    const broken =
      status === "failed" && !assertionResults.some(test => test.status === "failed")
        ? [`<testcase classname="${escape(file)}" name="the file">${outcome("error", message)}</testcase>`]
        : []
    return `<testsuite name="${escape(file)}">${[...assertionResults.map(test => testcase(file, test)), ...broken].join("")}</testsuite>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>${suites.join("\n")}</testsuites>\n`
}

/** Names of the tests without a body (todo), as JUnit reports have them after the file. */
export function todosIn(json: string): string[] {
  const tests = parse(json)?.testResults.flatMap(({ assertionResults }) => assertionResults) ?? []
  return tests.filter(({ status }) => status === "todo").map(nameOf)
}

function parse(json: string): Report | undefined {
  try {
    return Report.safeParse(JSON.parse(json)).data
  } catch {
    return undefined
  }
}

function testcase(file: string, test: Assertion): string {
  const head = `classname="${escape(file)}" name="${escape(nameOf(test))}" time="${(test.duration ?? 0) / 1000}"`
  switch (test.status) {
    case "passed":
      return `<testcase ${head}/>`
    case "failed":
      return `<testcase ${head}>${outcome("failure", (test.failureMessages ?? []).join("\n"))}</testcase>`
    case "todo":
      return `<testcase ${head}><skipped type="todo"/></testcase>`
    default:
      return `<testcase ${head}><skipped/></testcase>`
  }
}

/** The message is what stands before the stack; the details end with the first place of the stack. */
function outcome(element: "failure" | "error", text: string): string {
  const lines = withoutControl(text).split("\n")
  const stack = lines.findIndex(line => /^\s+at /.test(line))
  const message = (stack < 0 ? lines : lines.slice(0, stack)).join("\n").trim()
  const place = stack < 0 ? "" : lines[stack]!
  return `<${element} message="${escape(message)}">${escape(place)}</${element}>`
}

function nameOf({ ancestorTitles, title }: Assertion): string {
  return [...ancestorTitles, title].join(" > ")
}

function escape(text: string): string {
  return escapeXml(withoutControl(text)).replaceAll("\n", "&#10;")
}
