import { type Span, trace, type Tracer } from "@opentelemetry/api"
import { afterEach, expect, test } from "vitest"

import { quietly } from "../../../.dagger/src/util/quietly.ts"

afterEach(() => trace.disable())

test("the log folds what a work prints into one line with its name", async () => {
  const spans: unknown[] = []
  const span = { end: () => {} } as Span
  const startActiveSpan = (name: string, options: object, work: (span: Span) => unknown) => {
    spans.push({ name, ...options })
    return work(span)
  }
  trace.setGlobalTracerProvider({ getTracer: () => ({ startActiveSpan }) as unknown as Tracer })
  expect(await quietly("cluster", () => Promise.resolve("up"))).toBe("up")
  // Dagger's own name for it: https://github.com/dagger/dagger, core/telemetry attributes.
  expect(spans).toEqual([{ name: "cluster", attributes: { "dagger.io/ui.encapsulate": true } }])
})
