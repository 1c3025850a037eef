import { describe, expect, test } from "vitest"

import type { Release } from "../../../.dagger/src/manifests/render.ts"
import { assertAccepted } from "../../../.dagger/src/preflight/admission.ts"
import { fakeKubectl } from "../release/records.ts"

const HANDLERS =
  'The Deployment "web" is invalid: spec.template.spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type'
const IMMUTABLE = 'The Deployment "web" is invalid: spec.selector: Invalid value: {}: field is immutable'

const deployment = (name: string, probe: object, managedFields: object[]) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, resourceVersion: "7", managedFields },
  spec: { probe },
})
const entry = (manager: string, operation: string, probe: object) => ({
  manager,
  operation,
  apiVersion: "apps/v1",
  fieldsV1: { "f:spec": { "f:probe": probe } },
})
const live = (manager: string) =>
  deployment("web", { tcpSocket: { port: 80 } }, [entry(manager, "Update", { "f:tcpSocket": { "f:port": {} } })])
const ALONE = deployment("cloud-native-plan", { httpGet: { port: 80 } }, [
  entry("cloud-native", "Apply", { "f:httpGet": { "f:port": {} } }),
])
const RELEASE: Release = {
  config: [],
  secrets: [],
  migrations: [],
  objects: [deployment("web", { httpGet: { port: 80 } }, []), { ...ALONE, kind: "Service" }],
  workloads: [],
  secretName: "",
}

/** A server that refuses the Deployment beside another's fields; `patched`: what it says of it without them. */
function serverWith({ manager = "helm", patched = "", refusal = HANDLERS } = {}) {
  return fakeKubectl({
    apply: names => {
      if (names.includes("Deployment cloud-native-plan")) return { stdout: JSON.stringify(ALONE) }
      return names.includes("Deployment web") ? { exitCode: 1, stderr: refusal } : {}
    },
    get: () => ({ stdout: JSON.stringify(live(manager)) }),
    patch: () => ({ exitCode: patched ? 1 : 0, stderr: patched }),
  })
}

describe("manifests that the API server refuses beside fields of others", () => {
  test("are accepted where the object is to be taken over, as it would be then", async () => {
    const { kubectl, calls } = serverWith()
    await assertAccepted(kubectl, RELEASE, true)
    const [patch, ...more] = calls.filter(call => call.startsWith("patch "))
    expect(patch).toContain('{"op":"add","path":"/spec","value":{"probe":{"httpGet":{"port":80}}}}')
    expect(patch).toContain("--dry-run=server")
    expect(more).toEqual([])
  })

  test("are refused without that, with the remedy", async () => {
    await expect(assertAccepted(serverWith().kubectl, RELEASE, false)).rejects.toMatchObject({
      code: "MANIFESTS_INVALID",
      why: HANDLERS,
      fix: expect.stringContaining("goes with deploy --take-over") as string,
    })
  })

  test.each([
    ["refused as it would be then", { patched: IMMUTABLE }, IMMUTABLE],
    ["nobody else's", { manager: "cloud-native" }, HANDLERS],
  ])("are refused even so where the object is %s", async (_, server, why) => {
    const refused = assertAccepted(serverWith(server).kubectl, RELEASE, true)
    await expect(refused).rejects.toMatchObject({ code: "MANIFESTS_INVALID", why })
    await expect(refused).rejects.not.toMatchObject({ fix: expect.stringContaining("--take-over") as string })
  })
})
