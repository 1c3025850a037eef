import { type Attributes, type Span, type TimeInput, trace, type Tracer } from "@opentelemetry/api"
import { afterEach, expect, test, vi } from "vitest"

import type { TestResult } from "../../../.dagger/src/gate/junit.ts"
import { showTests } from "../../../.dagger/src/gate/spans.ts"

interface Shown {
  name: string
  attributes?: Attributes
  /** The name of the span around it. */
  inside?: string
  milliseconds?: number
}

afterEach(() => {
  vi.useRealTimers()
  trace.disable()
})

/** The spans that the SDK's tracer hands to OpenTelemetry. */
async function shownOf(tests: TestResult[], passed: boolean): Promise<Shown[]> {
  const shown: Shown[] = []
  let around: string | undefined
  const startSpan = (name: string, { attributes }: { attributes?: Attributes } = {}) => {
    const span: Shown = { name, attributes, inside: around }
    const startedAt = Date.now()
    shown.push(span)
    const end = (at: TimeInput = Date.now()) => {
      span.milliseconds = Number(at) - startedAt
    }
    return { end } as Span
  }
  const startActiveSpan = async (name: string, options: { attributes?: Attributes }, work: (span: Span) => unknown) => {
    const span = startSpan(name, options)
    around = name
    await work(span)
  }
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan }) as unknown as Tracer })
  await showTests("backend", tests, passed)
  return shown
}

const result = (name: string, status: TestResult["status"], seconds = 0): TestResult => ({
  name,
  status,
  seconds,
  message: "",
  details: "",
})

test("Dagger's tests view is given the suite, and in it each test by its name", async () => {
  vi.useFakeTimers({ toFake: ["Date"] })
  const [suite, ...cases] = await shownOf(
    [result("cart › adds", "passed", 1.5), result("cart › pays", "failed")],
    false,
  )
  expect(suite).toMatchObject({
    name: "results of backend",
    attributes: {
      "dagger.io/ui.encapsulate": true,
      "test.suite.name": "backend",
      "test.suite.run.status": "failure",
    },
  })
  expect(cases).toEqual([
    {
      name: "cart › adds",
      attributes: {
        "test.suite.name": "backend",
        "test.case.name": "cart › adds",
        "test.case.result.status": "pass",
      },
      inside: "results of backend",
      milliseconds: 1500,
    },
    {
      name: "cart › pays",
      attributes: {
        "test.suite.name": "backend",
        "test.case.name": "cart › pays",
        "test.case.result.status": "fail",
      },
      inside: "results of backend",
      milliseconds: 0,
    },
  ])
})

// The words that Dagger knows: others leave a test without a status.
test.each([
  ["passed", "pass"],
  ["xfailed", "pass"],
  ["failed", "fail"],
  ["errored", "fail"],
  ["skipped", "skipped"],
  ["todo", "skipped"],
] as const)("a test that is %s is shown as %s", async (status, expected) => {
  const [, shown] = await shownOf([result("one", status)], true)
  expect(shown!.attributes!["test.case.result.status"]).toBe(expected)
})

test("a suite without a report is shown by itself", async () => {
  expect(await shownOf([], false)).toMatchObject([{ attributes: { "test.suite.run.status": "failure" } }])
})

test("the tests of a large suite wait for the exporter's queue to be sent", async () => {
  const tests = Array.from({ length: 501 }, (_, index) => result(String(index), "passed"))
  const before = performance.now()
  expect(await shownOf(tests, true)).toHaveLength(502)
  expect(performance.now() - before).toBeGreaterThan(190)
})
