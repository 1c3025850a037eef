import { expect, onTestFinished, test, vi } from "vitest"

import type { Kubectl } from "../../../.dagger/src/kubernetes/kubectl.ts"
import type { KubernetesObject } from "../../../.dagger/src/manifests/render.ts"
import { assertPodSecurity } from "../../../.dagger/src/preflight/pod-security.ts"

const WARNING =
  'would violate PodSecurity "restricted:latest": host namespaces (hostNetwork=true), runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)'
const spec = { template: { spec: { containers: [{ name: "web", image: "web" }] } } }
const OBJECTS: KubernetesObject[] = [
  { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec },
  { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "api" }, spec },
  { apiVersion: "v1", kind: "Service", metadata: { name: "web" } },
]

/** A namespace with that label, or one that the caller may not read; only the Deployment web is warned of. */
function namespace(enforced: string | undefined): Kubectl {
  const run = async ([verb]: string[], stdin = "") => {
    if (verb === "get")
      return { exitCode: enforced === undefined ? 1 : 0, stdout: enforced ?? "", stderr: "Error: forbidden" }
    const { items } = JSON.parse(stdin) as { items: KubernetesObject[] }
    return {
      exitCode: 0,
      stdout: "",
      stderr: items.some(({ metadata }) => metadata.name === "web") ? `Warning: ${WARNING}\n` : "",
    }
  }
  return { namespace: "shop", run, persist: run } as unknown as Kubectl
}

test.each([
  ["restricted", true],
  ["baseline", false],
  ["privileged", false],
  ["", false],
  [undefined, true],
])("a warning of the level restricted, where the namespace enforces %s: refused is %s", async (enforced, refused) => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined)
  onTestFinished(() => log.mockRestore())
  const answer = await assertPodSecurity(namespace(enforced), OBJECTS, `Warning: ${WARNING}\n`).catch(
    (error: unknown) => error as Error,
  )
  const text = refused ? (answer?.message ?? "") : log.mock.calls.flat().join()
  expect(text).toContain(`${refused ? "Deployment web: " : "preflight: warning: "}${WARNING}`)
  expect(text).not.toMatch(/Deployment api|Service web/)
  expect(text.includes("forbidden")).toBe(enforced === undefined)
})

test("other warnings say nothing of pods", async () => {
  await expect(
    assertPodSecurity(namespace("restricted"), OBJECTS, "Warning: batch/v1beta1 is deprecated\n"),
  ).resolves.toBeUndefined()
})
