import { describe, expect, test } from "vitest"

import {
  livenessMissing,
  probesAlike,
  probeTarget,
  readinessMissing,
} from "../../../../.dagger/src/manifests/rules/probes.ts"
import { problemsOf, workload } from "./problems.ts"

const container = (...fields: string[]) => workload({ container: fields.join("\n          ") })
const get = (path: string, port: number | string) => `{ httpGet: { path: ${path}, port: ${port} } }`

const STARTUP = `startupProbe: ${get("/startupz", 8000)}`
const LIVENESS = `livenessProbe: ${get("/livez", 8000)}`
const READINESS = `readinessProbe: ${get("/readyz", 8000)}`

describe("a container that serves has all three probes", () => {
  test.each([
    ["readinessMissing", readinessMissing, container(READINESS)],
    ["livenessMissing", livenessMissing, container(STARTUP, LIVENESS)],
    ["readinessMissing, which asks no other images", readinessMissing, workload({ image: "proxy" })],
  ])("passes: %s", (_, rule, manifests) => {
    expect(problemsOf(rule, manifests)).toEqual([])
  })

  test.each([
    ["readinessProbe", readinessMissing, container(STARTUP, LIVENESS)],
    ["startupProbe", livenessMissing, container(LIVENESS, READINESS)],
    ["livenessProbe", livenessMissing, container(STARTUP, READINESS)],
  ])("fails: no %s", (probe, rule, manifests) => {
    expect(problemsOf(rule, manifests)).toEqual([
      {
        code: "PROBE_MISSING",
        at: "name: main",
        what: `Deployment backend: container main has no ${probe}`,
        fix: "add one: httpGet of /health on port 8000",
      },
    ])
  })
})

describe("probesAlike: readiness asks for more than liveness does", () => {
  test.each([
    ["other paths", container(LIVENESS, READINESS)],
    ["other ports", container(LIVENESS, `readinessProbe: ${get("/livez", 9000)}`)],
    [
      "other commands",
      container("livenessProbe: { exec: { command: [live] } }", "readinessProbe: { exec: { command: [ready] } }"),
    ],
    [
      "other sockets",
      container("livenessProbe: { tcpSocket: { port: 1 } }", "readinessProbe: { tcpSocket: { port: 2 } }"),
    ],
    [
      "other services of gRPC",
      container("livenessProbe: { grpc: { port: 1 } }", "readinessProbe: { grpc: { port: 1, service: ready } }"),
    ],
    ["no liveness", container(READINESS)],
    ["no readiness", container(LIVENESS)],
    ["neither", container()],
  ])("passes: %s", (_, manifests) => {
    expect(problemsOf(probesAlike, manifests)).toEqual([])
  })

  test.each([
    ["the same request", get("/livez", 8000)],
    ["the same command", "{ exec: { command: [live] } }"],
  ])("fails: %s, however often", (_, probe) => {
    const manifests = container(
      `livenessProbe: ${probe}`,
      `readinessProbe: ${probe.replace("{", "{ periodSeconds: 2,")}`,
    )
    expect(problemsOf(probesAlike, manifests)).toEqual([
      {
        code: "PROBES_ALIKE",
        at: "readinessProbe: { periodSeconds: 2",
        what: "Deployment backend: liveness and readiness of container main ask the same",
        fix: "let readiness ask for what requests need too (a path such as /readyz, or a query such as ?check=database), liveness for the process alone",
      },
    ])
  })
})

describe("probeTarget: a probe asks a port on which something listens", () => {
  const ports = (...list: string[]) => `ports: [${list.join(", ")}]`
  const HTTP = "{ name: http, containerPort: 8000 }"
  const PROBES = "{ name: probes, containerPort: 9000 }"
  const asks = (port: number | string) => `livenessProbe: ${get("/livez", port)}`

  test.each([
    ["the application's port, by number", [asks(8000)]],
    ["the application's port, by name", [ports(PROBES, HTTP), asks("http")]],
    ["one that is declared beside the application's, by number", [ports(HTTP, PROBES), asks(9000)]],
    ["one that is declared beside the application's, by name", [ports(HTTP, PROBES), asks("probes")]],
    ["a command has no port", ["livenessProbe: { exec: { command: [live] } }"]],
  ])("passes: %s", (_, fields) => {
    expect(problemsOf(probeTarget, container(...fields))).toEqual([])
  })

  test.each([
    ["startupProbe", "another number, no port declared", [], 9000, "9000"],
    ["livenessProbe", "another number, not declared", [ports(HTTP)], 9000, "9000"],
    ["livenessProbe", "another number than both that are declared", [ports(HTTP, PROBES)], 9001, "9001"],
    ["readinessProbe", "declared, but the application's is not", [ports(PROBES)], 9000, "9000"],
    ["livenessProbe", "a name of another number", [ports("{ name: http, containerPort: 9000 }")], "http", "9000"],
    ["livenessProbe", "a name that no port has", [ports(HTTP)], "probes", "probes"],
    ["livenessProbe", "a name, and no port declared", [], "http", "http"],
  ])("fails: %s asks %s", (probe, _, fields, port, asked) => {
    expect(problemsOf(probeTarget, container(...fields, `${probe}: ${get("/", port)}`))).toEqual([
      {
        code: "PROBE_TARGET",
        at: "httpGet: { path: /",
        what: `Deployment backend: ${probe} of container main asks port ${asked}, the application listens on 8000`,
        fix: "correct the probe's port, or port in cloud-native.yaml; a port for probes alone needs a containerPort beside the application's",
      },
    ])
  })
})
