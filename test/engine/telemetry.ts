// The tracer that the module gets: what runs in a span whose content is not shown says so to the engine.
import { AsyncLocalStorage } from "node:async_hooks"

import { propagation } from "@opentelemetry/api"

/** The header of requests that are made in such a span; a real engine learns of it by the span itself. */
export const ENCAPSULATED = "x-dagger-encapsulated"

const encapsulated = new AsyncLocalStorage<true>()

/** The SDK lets this put its headers on each request. */
export const propagate = (): void => {
  propagation.setGlobalPropagator({
    inject: (_, carrier, setter) => {
      if (encapsulated.getStore()) setter.set(carrier, ENCAPSULATED, "true")
    },
    extract: context => context,
    fields: () => [ENCAPSULATED],
  })
}

export const getTracer = () => ({
  // There is no view that would show it.
  startSpan: () => ({ end: () => {} }),
  startActiveSpan: <T>(_: string, work: () => Promise<T>, attributes: Record<string, unknown> = {}): Promise<T> =>
    attributes["dagger.io/ui.encapsulate"] ? encapsulated.run(true, work) : work(),
})
