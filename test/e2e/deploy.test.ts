import { describe, expect, test } from "vitest"

import { logProblems } from "../lab/log.ts"
import { dagger } from "./dagger.ts"
import { Source } from "./source.ts"

const FAILING_MIGRATION = ["print('nothing to migrate')", "print('no such column'); exit(3)"] as const

describe("an ephemeral cluster", () => {
  test("takes the sample application from source to a verified deployment, without an argument", async () => {
    const ended = await dagger("deploy")
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/backend +localhost:5000\/tasks-backend@sha256:[0-9a-f]{64}/)
    expect(ended.stdout).toMatch(/frontend +localhost:5000\/tasks-frontend@sha256:[0-9a-f]{64}/)
    expect(ended.stdout).toMatch(/backend-migration-\S+: ran/)
    expect(ended.stdout).toMatch(/frontend-migration-\S+: ran/)
    for (const step of [
      "sign up",
      "the backend refuses a request without a token",
      "the backend refuses an unsigned token",
    ]) {
      expect(ended.stdout).toContain(`ok  ${step}`)
    }
    expect(ended.stdout).toContain("Rolled once more")
    expect(logProblems(ended.stderr)).toEqual([])
  })

  test("a migration that fails: its log, and no pod was changed", { tags: "slow" }, async () => {
    const source = Source.minimal().edit("k8s/app.yaml", ...FAILING_MIGRATION)
    const ended = await dagger(`--source=${source.path}`, "deploy")
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["MIGRATION_FAILED", "no such column", "no pod was changed"])
      expect(ended.stderr).toContain(text)
    expect(ended.stderr).not.toContain("rollout: ")
  })
})
