// The workflow, run as GitHub runs it, by the embedded engine's CLI, onto the lab's registry and cluster.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { createNamespace } from "../target/target.ts"
import { type Ran, runWorkflow } from "./act.ts"
import { Source } from "./source.ts"

describe("run as GitHub runs it", () => {
  const NAMESPACE = "minimal"
  let lab: Lab

  beforeAll(async () => {
    lab = await temporaryLab({ name: `workflow-${process.pid}` })
    await createNamespace(lab, NAMESPACE)
  })
  afterAll(() => labDown(lab?.name))

  const MANIFESTS = "k8s/app.yaml"
  const RESOURCES = "resources: { requests: { cpu: 10m, memory: 32Mi }, limits: { memory: 128Mi } }"
  /** The smallest source with all that the check wants of manifests. */
  const source = () =>
    Object.entries({ backend: 8000, frontend: 3000 }).reduce(
      (source, [app, port]) => {
        const [probe, selector] = [
          `{ httpGet: { path: /health, port: ${port} }, periodSeconds: 1`,
          `selector: { matchLabels: { app: ${app} } }`,
        ]
        const more = [
          `startupProbe: ${probe}, failureThreshold: 30 }`,
          `livenessProbe: { tcpSocket: { port: ${port} } }`,
          RESOURCES,
        ]
        return source
          .edit(MANIFESTS, `readinessProbe: ${probe} }`, [`readinessProbe: ${probe} }`, ...more].join("\n          "))
          .edit(MANIFESTS, selector, `${selector}\n  strategy: { rollingUpdate: { maxUnavailable: 0 } }`)
          .write(
            `k8s/${app}-budget.yaml`,
            `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: ${app} }\nspec: { maxUnavailable: 1, ${selector} }\n`,
          )
      },
      Source.minimal().edit(MANIFESTS, "command: [python, -c", `${RESOURCES}\n          command: [python, -c`),
    )

  /** What refers to a secret, since the workflow gives one. */
  const greeting = "env: [{ name: GREETING, valueFrom: { secretKeyRef: { name: app-secrets, key: GREETING } } }]"
  const sourceWithSecret = () =>
    source().edit(MANIFESTS, "command: [python, -c", `${greeting}\n          command: [python, -c`)

  const push = (source: Source, publicUrl = "https://minimal.example.com"): Promise<Ran> =>
    runWorkflow("push", source, {
      secrets: {
        KUBECONFIG: readFileSync(lab.kubeconfig, "utf8"),
        APP_SECRETS: "GREETING=greeting-of-the-team",
        GITHUB_TOKEN: "token-of-the-job",
      },
      variables: { REGISTRY: `${lab.registry}/Acme`, PUBLIC_URL: publicUrl },
    })

  test("a pull request is tested, built and verified, but not deployed", async () => {
    const { exitCode, log } = await runWorkflow("pull_request", source())
    expect(exitCode, log).toBe(0)
    expect(log).toMatch(/backend +size .* PASS/)
    expect(log).not.toContain("Deploy to production")
  })

  test(
    "a push is deployed, and its report is in the log, in the summary and in the artifact",
    { tags: "representative" },
    async () => {
      const { exitCode, log, artifacts } = await push(sourceWithSecret())
      expect(exitCode, log).toBe(0)
      const report = JSON.parse(readFileSync(join(artifacts, "deployment-report-production/report.json"), "utf8"))
      expect(report).toMatchObject({
        outcome: "succeeded",
        namespace: NAMESPACE,
        publicUrl: "https://minimal.example.com",
      })
      expect(report.images.backend).toMatch(new RegExp(`^${lab.registry}/acme/minimal-backend@sha256:`))
      expect(log).toContain(`✅ Deployment of minimal to ${NAMESPACE} succeeded`)
      expect(readFileSync(join(artifacts, "deployment-report-production/availability.svg"), "utf8")).toContain("<svg")
      expect(readFileSync(join(artifacts, "deployment-report-production/report.html"), "utf8")).toContain("<svg")
      expect(log).toContain("section migration ")
      for (const secret of ["token-of-the-job", "greeting-of-the-team"]) expect(log).not.toContain(secret)
    },
  )

  test("a deployment that fails: the job fails, and still has a report", async () => {
    const failing = sourceWithSecret().edit(
      MANIFESTS,
      "print('nothing to migrate')",
      "print('no such column'); exit(3)",
    )
    const { exitCode, log, artifacts } = await push(failing)
    expect(exitCode, log).toBe(1)
    expect(log).toContain("MIGRATION_FAILED")
    const report = JSON.parse(readFileSync(join(artifacts, "deployment-report-production/report.json"), "utf8"))
    expect(report).toMatchObject({ outcome: "failed", failure: { code: "MIGRATION_FAILED" } })
    expect(log).toContain(`❌ Deployment of minimal to ${NAMESPACE} failed`)
  })

  test("a deployment that ends before it reaches the cluster shows no earlier report as its own", async () => {
    const { exitCode, log, artifacts } = await push(sourceWithSecret(), "https://minimal.example.com/")
    expect(exitCode, log).toBe(1)
    expect(log).toContain("ARGUMENTS_INVALID")
    expect(readFileSync(join(artifacts, "deployment-report-production/report.md"), "utf8")).toMatch(
      /^No report of this deployment/,
    )
  })

  test("manifests that break a rule stop the workflow before the gate", async () => {
    const { exitCode, log } = await runWorkflow("pull_request", Source.minimal())
    expect(exitCode, log).toBe(1)
    expect(log).toContain("MANIFESTS_INVALID")
    expect(log).not.toContain("test: backend")
  })

  test("a test that fails keeps the deploy job from starting", { tags: "representative" }, async () => {
    const { exitCode, log } = await push(sourceWithSecret().write("web/suite.mjs", 'throw new Error("on purpose")'))
    expect(exitCode, log).toBe(1)
    expect(log).toContain("TESTS_FAILED")
    expect(log).toContain("on purpose")
    expect(log).not.toContain("dagger call deploy")
    expect(log).not.toContain("build: backend")
  })
})
