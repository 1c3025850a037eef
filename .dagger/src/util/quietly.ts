import { getTracer } from "@dagger.io/dagger/telemetry"

/** Do work that the log has one line of: what its containers print is shown only if it fails. */
export function quietly<T>(name: string, work: () => Promise<T>): Promise<T> {
  return getTracer().startActiveSpan(name, work, { "dagger.io/ui.encapsulate": true })
}
