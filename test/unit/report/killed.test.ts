import { describe, expect, test } from "vitest"

import { Config } from "../../../.dagger/src/config/schema.ts"
import { type Killed, killedReport } from "../../../.dagger/src/report/killed.ts"
import { markdownOf } from "../../../.dagger/src/report/markdown.ts"
import { readReport } from "../../../.dagger/src/report/storage.ts"
import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"
import { entry, record } from "../release/records.ts"

const ID = "20261124-100000-abcd"
const template = (image: string) => ({ spec: { containers: [{ name: "web", image }] } })
const object = (kind: string, name: string) => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name },
  spec: { template: template("web@new") },
})
const live = (name: string, image: string) => ({
  kind: "Deployment",
  metadata: { name, uid: name, generation: 1 },
  spec: { replicas: 2, template: template(image) },
  status: { observedGeneration: 1, replicas: 2, updatedReplicas: 1, availableReplicas: 2 },
})
const KILLED: Killed = {
  entry: { id: ID, reached: { kind: "deploy", step: "rollout", at: "2026-11-24T10:01:00.000Z" } },
  recorded: {
    images: { backend: "ghcr.io/shop@sha256:b" },
    publicUrl: "https://shop.example.com",
    release: {
      config: [],
      secrets: [],
      migrations: [object("Job", "migrate-1"), object("Job", "migrate-2")],
      objects: [object("Deployment", "web"), object("Deployment", "api"), object("StatefulSet", "queue")],
      workloads: ["Deployment web", "Deployment api", "StatefulSet queue"].map(text => {
        const [kind = "", name = ""] = text.split(" ")
        return { kind, name, namespace: "shop" }
      }),
      secretName: "app-secrets",
    },
  },
  lastSign: "2026-11-24T10:01:20.000000Z",
  later: [],
  snapshot: Snapshot.parse({
    items: [
      live("web", "web@new"),
      live("api", "web@old"),
      {
        kind: "Job",
        metadata: { name: "migrate-1", uid: "j" },
        spec: { template: { spec: {} } },
        status: { conditions: [{ type: "Complete", status: "True" }] },
      },
    ],
  }),
  sets: new Map(),
  now: Date.parse("2026-11-24T10:05:00Z"),
}
const CONFIG = { name: "shop", namespace: "prod", startLimit: 10 }

describe("the report of a deployment that was killed", () => {
  test("says when, at which step, and what state it left", () => {
    expect(markdownOf(killedReport(KILLED, CONFIG))).toMatchInlineSnapshot(`
      "## ❌ Deployment of shop to prod failed

      \`20261124-100000-abcd\` · 2026-11-24T10:00:00.000Z to 2026-11-24T10:01:20.000Z · https://shop.example.com

      **KILLED**: the deployment was killed during its rollout; its last sign of life is of 2026-11-24T10:01:20.000000Z

      \`\`\`
      migration migrate-1: has completed
      migration migrate-2: its Job does not exist
      Deployment web: its images are of this deployment; 1/2 new, 2 available, 0 old
      Deployment api: its images are not of this deployment; 1/2 new, 2 available, 0 old
      StatefulSet queue: does not exist
      \`\`\`

      → deploy again, which takes over and cleans up, or go back with the function rollback

      | Image | Reference |
      | --- | --- |
      | backend | ghcr.io/shop@sha256:b |
      "
    `)
  })

  test("says of a record without a step, and of one that others have followed, what is known", () => {
    const { failure, endedAt } = killedReport(
      { ...KILLED, entry: { id: ID }, lastSign: undefined, later: ["20261124-110000-abcd"] },
      CONFIG,
    )
    expect(endedAt).toBe("2026-11-24T10:00:00.000Z")
    expect(failure!.what).toBe(
      "the deployment was killed half-way; its last sign of life is of 2026-11-24T10:00:00.000Z",
    )
    expect(failure!.why).toMatch(
      /^deployments that began later have changed the namespace since: 20261124-110000-abcd\n/,
    )
  })
})

describe("a deployment without a report", () => {
  /** A namespace with one record that is pending, whose Lease is held by `holder`. */
  const namespaceWith = (holder: string) =>
    ({
      namespace: "prod",
      api: async () => ({
        listMetadata: async (collection: string) =>
          collection === "secrets" ? [record(entry(ID, "pending")).metadata] : [],
        get: async () => ({
          metadata: { resourceVersion: "1" },
          spec: {
            holderIdentity: `me (deployment ${holder})`,
            renewTime: new Date().toISOString(),
            leaseDurationSeconds: 60,
          },
        }),
      }),
    }) as unknown as Parameters<typeof readReport>[0]
  const config = Config.parse({ name: "shop" })

  test("is in progress while it holds its Lease", async () => {
    await expect(readReport(namespaceWith(ID), config, { id: ID })).rejects.toThrow(
      "is in progress, and has no report yet",
    )
    await expect(readReport(namespaceWith(ID), config, {})).rejects.toThrow("there is no report of shop yet")
  })
})
