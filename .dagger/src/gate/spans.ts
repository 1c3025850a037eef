import { setTimeout } from "node:timers/promises"

import { getTracer } from "@dagger.io/dagger/telemetry"

import type { TestResult } from "./junit.js"

/** What Dagger's tests view calls a result. */
const STATUS: Record<TestResult["status"], "pass" | "fail" | "skipped"> = {
  passed: "pass",
  xfailed: "pass",
  failed: "fail",
  errored: "fail",
  skipped: "skipped",
  todo: "skipped",
}

/** The exporter's queue holds 2048 records, two of each span, and is sent every 100 ms: what does not fit is lost. */
const AT_ONCE = 500
const PAUSE = 200

/**
 * Show a suite in Dagger's tests view: a span for it, and inside one for each test. A span begins when it is made, which is
 * after the test has run: it ends as much later as the test took.
 */
export async function showTests(suite: string, tests: TestResult[], passed: boolean): Promise<void> {
  const tracer = getTracer()
  const show = async () => {
    for (const [index, { name, status, seconds }] of tests.entries()) {
      if (index > 0 && index % AT_ONCE === 0) await setTimeout(PAUSE)
      const span = tracer.startSpan(name, {
        "test.suite.name": suite,
        "test.case.name": name,
        "test.case.result.status": STATUS[status],
      })
      span.end(Date.now() + seconds * 1000)
    }
  }
  await tracer.startActiveSpan(`results of ${suite}`, show, {
    "dagger.io/ui.encapsulate": true,
    "test.suite.name": suite,
    "test.suite.run.status": passed ? "success" : "failure",
  })
}
