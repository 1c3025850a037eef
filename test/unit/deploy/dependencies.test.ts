import { expect, test } from "vitest"

import { bringUpDependencies } from "../../../.dagger/src/deploy/dependencies.ts"
import type { RolloutTask } from "../../../.dagger/src/deploy/task.ts"
import { fakeKubectl } from "../release/records.ts"
import { builderOf } from "./builder.ts"

const database = (host: string) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "db" },
  spec: { type: "ExternalName", externalName: host },
})
const MIGRATION = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "migrate" }, spec: {} }

/** What kubectl prints of the columns that it is asked for; a Service has no generation. */
function printed(object: ReturnType<typeof database>, output: string): string {
  const columns = output.replace(/^--output=custom-columns=/, "").split(",")
  return columns.map(column => (column === "SPEC:.spec" ? JSON.stringify(object.spec) : "<none>")).join("   ")
}

test.each([
  ["leads elsewhere now", "new.example.com", true],
  ["stays as it was", "old.example.com", false],
])(
  "a Service that the migrations may need and that %s is a change that a failure undoes: %s",
  async (_, host, changed) => {
    const wanted = database(host)
    let live = database("old.example.com")
    const { kubectl } = fakeKubectl({})
    const must = async ([, ...args]: string[]) =>
      printed(
        live,
        args.find(arg => arg.startsWith("--output="))!,
      )
    const task = {
      kubectl: { ...kubectl, must, api: async () => ({ listVersioned: async () => ({ items: [], version: "1" }) }) },
      recorded: { release: { migrations: [MIGRATION], objects: [wanted], workloads: [] }, images: {} },
      applied: { apply: async () => void (live = wanted) },
    }
    const builder = builderOf("1")
    await bringUpDependencies(task as unknown as RolloutTask, builder, AbortSignal.timeout(1000))
    expect(builder.report.changed).toBe(changed)
  },
)
