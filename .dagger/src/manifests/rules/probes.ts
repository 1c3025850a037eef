import { describe } from "../manifest.js"
import { type Problem, problemAt } from "../problem.js"
import type { Container } from "../shapes.js"
import { type AppContainer, appContainers, type Context } from "./context.js"

const PROBES = ["startupProbe", "livenessProbe", "readinessProbe"] as const

export function* probeMissing(context: Context): Generator<Problem> {
  for (const { manifest, container, path, app } of appContainers(context))
    for (const probe of PROBES)
      if (!container[probe])
        yield problemAt(manifest, path, {
          code: "PROBE_MISSING",
          what: `${describe(manifest.object)}: container ${container.name} has no ${probe}`,
          fix: `add one: httpGet of ${app.health} on port ${app.port}`,
        })
}

export function* probesAlike(context: Context): Generator<Problem> {
  for (const { manifest, container, path } of appContainers(context)) {
    const { livenessProbe, readinessProbe } = container
    if (livenessProbe && readinessProbe && handler(livenessProbe) === handler(readinessProbe))
      yield problemAt(manifest, [...path, "readinessProbe"], {
        code: "PROBES_ALIKE",
        what: `${describe(manifest.object)}: liveness and readiness of container ${container.name} ask the same`,
        fix: "let readiness ask for what requests need too (a query such as ?check=database), liveness for the process alone",
      })
  }
}

function handler({ httpGet, tcpSocket, exec, grpc }: NonNullable<Container["livenessProbe"]>): string {
  return JSON.stringify([httpGet, tcpSocket, exec, grpc])
}

export function* probeTarget(context: Context): Generator<Problem> {
  for (const placed of appContainers(context))
    for (const probe of PROBES) {
      const { manifest, container, path, app } = placed
      const httpGet = container[probe]?.httpGet
      if (!httpGet) continue
      const target = `${portNumber(placed, httpGet.port) ?? httpGet.port}${(httpGet.path ?? "/").replace(/\?.*/, "")}`
      if (target !== `${app.port}${app.health}`)
        yield problemAt(manifest, [...path, probe, "httpGet"], {
          code: "PROBE_TARGET",
          what: `${describe(manifest.object)}: ${probe} of container ${container.name} asks ${target}, the application answers at ${app.port}${app.health}`,
          fix: "mend the probe, or port and health in the configuration",
        })
    }
}

function portNumber({ container }: AppContainer, port: string | number): number | undefined {
  return typeof port === "number" ? port : container.ports?.find(({ name }) => name === port)?.containerPort
}
