import { expect, test } from "vitest"

import { earlierMigrations, settleEarlierMigrations } from "../../../.dagger/src/deploy/earlier-migrations.ts"
import { entry, object } from "../release/records.ts"

const ENTRIES = [
  entry("1", "succeeded", [object("Job", "migrate-1")]),
  entry("2", "failed", [object("Job", "migrate-2"), object("Deployment", "web")]),
  entry("3", "pending", [object("Job", "migrate-2"), object("Job", "migrate-3")]),
]

test("the migrations to wait for are those of releases that have not succeeded, but for the release's own", () => {
  expect(earlierMigrations(ENTRIES, ["migrate-3"])).toEqual(["migrate-2"])
  expect(earlierMigrations(ENTRIES, [])).toEqual(["migrate-2", "migrate-3"])
})

test("one that does not end in time is stopped", async () => {
  let jobs = [
    { metadata: { name: "migrate-3", uid: "j" }, spec: { template: { spec: {} } }, status: { conditions: [] } },
  ]
  const deleted: string[] = []
  const kubectl = {
    api: async () => ({ listVersioned: async (kind: string) => ({ items: kind === "jobs" ? jobs : [] }) }),
    now: async () => Date.now(),
    must: async (args: string[]) => {
      deleted.push(args.join(" "))
      jobs = []
    },
  }
  await settleEarlierMigrations(
    {
      kubectl,
      options: { timeout: 0.5 },
      recorded: { release: { migrations: [] } },
      isRollback: false,
      signal: new AbortController().signal,
    } as never,
    ENTRIES,
  )
  expect(deleted).toEqual(["delete job migrate-3 --ignore-not-found --wait=false"])
})
