// Applications beside the two: a worker without a port, and a further server.
import { expect, test } from "vitest"

import { dagger } from "./dagger.ts"
import { Source } from "./source.ts"

const APPLICATIONS = `
applications:
  worker:
    path: api
    dockerfile: docker/worker.dockerfile
    test: { none: tested with the backend }
  mcp:
    path: api
    dockerfile: docker/api.dockerfile
    port: 8000
    test: { none: tested with the backend }
`
const DOCKERFILE = `FROM python:3.13-slim AS build
WORKDIR /app
COPY worker.py .

FROM python:3.13-slim
COPY --from=build /app /app
USER 10001:10001
CMD ["python", "/app/worker.py"]
`
const WORKER = `import signal
import threading

stopped = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())
stopped.wait()
`

const deployment = (name: string, image: string, more = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: ${name}
          image: ${image}
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
${more}`
const SERVES = `          ports: [{ containerPort: 8000 }]
          readinessProbe: { httpGet: { path: /health, port: 8000 }, periodSeconds: 1 }
          lifecycle: { preStop: { sleep: { seconds: 3 } } }
`
const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: mcp }
spec: { selector: { app: mcp }, ports: [{ port: 80, targetPort: 8000 }] }
`

function withWorker(code = WORKER): Source {
  return Source.minimal()
    .edit("cloud-native.yaml", "name: minimal\n", `name: minimal${APPLICATIONS}`)
    .write("docker/worker.dockerfile", DOCKERFILE)
    .write("api/worker.py", code)
    .write("k8s/more.yaml", [deployment("worker", "worker"), deployment("mcp", "mcp", SERVES), SERVICE].join("---\n"))
}

test("a worker and a further server are tested, verified, pushed and deployed as the two are", async () => {
  const { exitCode, stdout, stderr } = await dagger(`--source=${withWorker().path}`, "deploy")
  expect(exitCode, stderr).toBe(0)
  for (const name of ["worker", "mcp"]) {
    expect(stdout).toContain(`${name}: no tests, on purpose: tested with the backend`)
    expect(stdout).toMatch(new RegExp(`^${name} +size .*PASS`, "m"))
    expect(stdout).toMatch(new RegExp(`^${name} +stop .*PASS`, "m"))
    expect(stdout).toMatch(new RegExp(`^${name} +\\S+/minimal-${name}@sha256:`, "m"))
    expect(stderr).toMatch(new RegExp(`rollout: ${name}: 1/1 new`))
  }
  expect(stdout).toMatch(/^worker +start .*PASS +tried: it has no port/m)
  expect(stdout).toMatch(/^mcp +start .*PASS +tried: until its health path answered/m)
  expect(stdout).toContain("mcp's health")
  expect(stdout).not.toContain("worker's health")
})

test.concurrent("a worker that ends by itself does not pass, and nothing is pushed", async () => {
  const source = withWorker("print('no queue')\n")
  const { exitCode, stderr } = await dagger(`--source=${source.path}`, "push", "--registry=localhost:1/none")
  expect(exitCode).toBe(1)
  expect(stderr).toContain("VERIFICATION_FAILED")
  expect(stderr).toMatch(/worker +start .*FAIL +ended after/)
  expect(stderr).toContain("no queue")
  expect(stderr).not.toContain("push: localhost:1")
})

test.concurrent(
  "one application is built by its name; one that the configuration lacks is refused with those that it has",
  async () => {
    const { path } = withWorker()
    const built = await dagger(`--source=${path}`, "build-application", "--name=worker", "summary")
    expect(built.exitCode, built.stderr).toBe(0)
    expect(built.stdout).toMatch(/^worker +[\d.]+ MB/m)
    const refused = await dagger(`--source=${path}`, "build-application", "--name=workers", "summary")
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain("there is no application workers")
    expect(refused.stderr).toContain("backend, frontend, worker, mcp")
  },
)
