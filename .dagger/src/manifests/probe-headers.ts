import type { Container } from "./shapes.js"

/** The headers of a container's first probe that sends any; an application may answer no other host. */
export function probeHeadersOf({ startupProbe, livenessProbe, readinessProbe }: Container): Record<string, string> {
  const probes = [startupProbe, livenessProbe, readinessProbe]
  const headers = probes.map(probe => probe?.httpGet?.httpHeaders ?? []).find(({ length }) => length > 0) ?? []
  return Object.fromEntries(headers.map(({ name, value }) => [/^host$/i.test(name) ? "Host" : name, value]))
}
