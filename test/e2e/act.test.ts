// The workflow, run as GitHub runs it, by the embedded engine's CLI, onto the lab's registry and cluster.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { labDown, temporaryLab, type Lab } from "../lab/lab.ts"
import { createNamespace } from "../target/target.ts"
import { runWorkflow, type Ran } from "./act.ts"
import { Source } from "./source.ts"

describe("run as GitHub runs it", () => {
  const NAMESPACE = "minimal"
  let lab: Lab

  beforeAll(async () => {
    lab = await temporaryLab({ name: `workflow-${process.pid}` })
    await createNamespace(lab, NAMESPACE)
  })
  afterAll(() => labDown(lab?.name))

  /** What refers to a secret, since the workflow gives one. */
  const greeting = "env: [{ name: GREETING, valueFrom: { secretKeyRef: { name: app-secrets, key: GREETING } } }]"
  const source = () => Source.minimal().edit("k8s/app.yaml", "command: [python, -c", `${greeting}\n          command: [python, -c`)

  const push = (source: Source): Promise<Ran> =>
    runWorkflow("push", source, {
      secrets: { KUBECONFIG: readFileSync(lab.kubeconfig, "utf8"), APP_SECRETS: "GREETING=greeting-of-the-team", GITHUB_TOKEN: "token-of-the-job" },
      variables: { REGISTRY: `${lab.registry}/Acme`, PUBLIC_URL: "https://minimal.example.com" },
    })

  test("a pull request is tested, built and verified, and nothing of it is deployed", async () => {
    const { exitCode, log } = await runWorkflow("pull_request", Source.minimal())
    expect(exitCode, log).toBe(0)
    expect(log).toMatch(/backend +size .* PASS/)
    expect(log).not.toContain("Deploy to production")
  })

  test("a push is deployed, and its report is in the log, in the summary and in the artifact", async () => {
    const { exitCode, log, artifacts } = await push(source())
    expect(exitCode, log).toBe(0)
    const report = JSON.parse(readFileSync(join(artifacts, "deployment-report/report.json"), "utf8"))
    expect(report).toMatchObject({ outcome: "succeeded", namespace: NAMESPACE, publicUrl: "https://minimal.example.com" })
    expect(report.images.backend).toMatch(new RegExp(`^${lab.registry}/acme/minimal-backend@sha256:`))
    expect(log).toContain(`✅ Deployment of minimal to ${NAMESPACE} succeeded`)
    expect(readFileSync(join(artifacts, "deployment-report/availability.svg"), "utf8")).toContain("<svg")
    for (const secret of ["token-of-the-job", "greeting-of-the-team"]) expect(log).not.toContain(secret)
  })

  test("a deployment that fails: the job fails, and the report is there all the same", async () => {
    const failing = source().edit("k8s/app.yaml", "print('nothing to migrate')", "print('no such column'); exit(3)")
    const { exitCode, log, artifacts } = await push(failing)
    expect(exitCode, log).toBe(1)
    expect(log).toContain("MIGRATION_FAILED")
    const report = JSON.parse(readFileSync(join(artifacts, "deployment-report/report.json"), "utf8"))
    expect(report).toMatchObject({ outcome: "failed", failure: { code: "MIGRATION_FAILED" } })
    expect(log).toContain(`❌ Deployment of minimal to ${NAMESPACE} failed`)
  })

  test("a test that fails stops the job that deploys before it begins", async () => {
    const { exitCode, log } = await push(source().write("web/suite.mjs", 'throw new Error("on purpose")'))
    expect(exitCode, log).toBe(1)
    expect(log).toContain("TESTS_FAILED")
    expect(log).toContain("on purpose")
    expect(log).not.toContain("dagger call deploy")
    expect(log).not.toContain("build: backend")
  })
})
