import { describe } from "../manifest.js"
import { type Problem, problemAt } from "../problem.js"
import type { Container } from "../shapes.js"
import { type AppContainer, appContainers, type Context } from "./context.js"

const PROBES = ["startupProbe", "livenessProbe", "readinessProbe"] as const
type Probe = (typeof PROBES)[number]

/** Without it, a pod gets requests before it can answer them. */
export function readinessMissing(context: Context): Generator<Problem> {
  return missing(context, ["readinessProbe"])
}

/** Without these, a process that hangs stays, or one that starts slowly is killed. */
export function livenessMissing(context: Context): Generator<Problem> {
  return missing(context, ["startupProbe", "livenessProbe"])
}

function* missing(context: Context, probes: Probe[]): Generator<Problem> {
  for (const { manifest, container, path, app } of appContainers(context))
    for (const probe of probes)
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
        fix: "let readiness ask for what requests need too (a path such as /readyz, or a query such as ?check=database), liveness for the process alone",
      })
  }
}

function handler({ httpGet, tcpSocket, exec, grpc }: NonNullable<Container["livenessProbe"]>): string {
  return JSON.stringify([httpGet, tcpSocket, exec, grpc])
}

/** Each probe may ask a path of its own, at the application's port or at another one that its container declares. */
export function* probeTarget(context: Context): Generator<Problem> {
  for (const placed of appContainers(context))
    for (const probe of PROBES) {
      const { manifest, container, path, app } = placed
      const httpGet = container[probe]?.httpGet
      if (!httpGet || isServed(placed, httpGet.port)) continue
      const number = portNumber(container, httpGet.port)
      yield problemAt(manifest, [...path, probe, "httpGet"], {
        code: "PROBE_TARGET",
        what: `${describe(manifest.object)}: ${probe} of container ${container.name} asks port ${number ?? httpGet.port}, the application listens on ${app.port}`,
        fix: "correct the probe's port, or port in cloud-native.yaml; a port for probes alone needs a containerPort beside the application's",
      })
    }
}

function isServed({ container, app }: AppContainer, port: string | number): boolean {
  const number = portNumber(container, port)
  const declares = (wanted: number | undefined) =>
    container.ports?.some(({ containerPort }) => containerPort === wanted) ?? false
  return number === app.port || (declares(number) && declares(app.port))
}

function portNumber({ ports }: Container, port: string | number): number | undefined {
  return typeof port === "number" ? port : ports?.find(({ name }) => name === port)?.containerPort
}
