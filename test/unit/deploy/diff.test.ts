import { describe, expect, test } from "vitest"

import { diff, diffRelease, parseObjects, validate } from "../../../.dagger/src/deploy/diff.ts"
import { formatIdentity } from "../../../.dagger/src/kubernetes/object-ref.ts"
import type { KubernetesObject, Release } from "../../../.dagger/src/manifests/render.ts"
import { fakeKubectl, object, presentLine } from "../release/records.ts"

const line = (kind: string, name: string, labels: object, spec: object) =>
  [kind, name, JSON.stringify(labels), "", JSON.stringify(spec), "", "", "", ""].join("\t")

test("objects that are new, changed field by field, or unchanged", () => {
  const live = parseObjects(
    [
      line("Deployment", "web", { app: "web" }, { replicas: 2, containers: [{ name: "web", image: "web@sha256:1" }] }),
      line("Service", "web", {}, { ports: [{ port: 80 }] }),
    ].join("\n"),
  )
  const planned = parseObjects(
    [
      line("Deployment", "web", { app: "web", tier: "front" }, { containers: [{ name: "web", image: "<new>" }] }),
      line("Service", "web", {}, { ports: [{ port: 80 }] }),
      line("Ingress", "web", {}, {}),
    ].join("\n"),
  )
  expect(diff(live, planned)).toEqual([
    "~ Deployment web",
    '    + metadata.labels.tier: "front"',
    '    ~ spec.containers[0].image: "web@sha256:1" → "<new>"',
    "    - spec.replicas: 2",
    "  Service web: unchanged",
    "+ Ingress web",
  ])
})

const manifest = (kind: string, name: string): KubernetesObject => ({ apiVersion: "v1", kind, metadata: { name } })
const service = line("Service", "web", {}, {})

test("what would be deleted: what left the manifests, exists and belongs to this module", async () => {
  const [gone, cron, foreign] = [
    object("Deployment", "gone"),
    object("Deployment", "cron"),
    object("Deployment", "foreign"),
  ]
  const { kubectl } = fakeKubectl({
    apply: () => ({ stdout: service }),
    get: names =>
      names.length === 0
        ? {
            stdout: `cloud-native-release-1 succeeded content ${[gone, cron, foreign].map(formatIdentity).join(",")} \n`,
          }
        : names.includes("Deployment cron")
          ? {
              stdout: [presentLine(cron, "shop"), presentLine(foreign)].join("\n"),
              exitCode: 1,
              stderr: "Error from server (Forbidden): no",
            }
          : { stdout: service },
  })
  const release: Release = {
    config: [],
    secrets: [],
    migrations: [],
    objects: [manifest("Service", "web")],
    workloads: [],
    secretName: "",
  }
  expect(await diffRelease(kubectl, "shop", release)).toBe(
    "  Service web: unchanged\n- Deployment cron\n? Error from server (Forbidden): no",
  )
})

describe("the server's validation", () => {
  const policy = 'Error from server (Forbidden): admission webhook "images" denied the request: <new>'
  const serverWith = (stderr: string) =>
    fakeKubectl({
      apply: names => (names.includes("Deployment web") ? { exitCode: 1, stderr } : { stdout: `${service}\n` }),
    }).kubectl
  const objects = [manifest("Service", "web"), manifest("Deployment", "web")]

  test("a policy that refuses images that are not pushed yet leaves the rest to be compared", async () => {
    expect(await validate(serverWith(policy), objects)).toEqual({
      planned: `${service}\n`,
      refused: [`? Deployment web: not compared, a policy refuses it: ${policy}`],
    })
  })

  test("any other refusal is an error", async () => {
    await expect(validate(serverWith("Error from server (Forbidden): no"), objects)).rejects.toThrow(
      "kubectl apply failed",
    )
  })
})
