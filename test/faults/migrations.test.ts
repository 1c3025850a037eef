// Migrations that are tried in containers before they run: what both versions can live with, and what breaks the one that runs.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { afterAll, beforeAll, expect, test } from "vitest"

import { parseConfig } from "../../.dagger/src/config/parse.ts"
import { backingManifests } from "../../.dagger/src/ephemeral/services.ts"
import { errorOf } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"
import { kubectl } from "../lab/kubectl.ts"
import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { measure } from "./measure.ts"
import { Namespace } from "./namespace.ts"

let lab: Lab

beforeAll(async () => {
  lab = await temporaryLab({ name: `migrations-${process.pid}` })
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
})

/** A namespace with the database of the source, in which its first release runs. */
async function running(name: string): Promise<Namespace> {
  const source = Source.withDatabase()
  const config = parseConfig(readFileSync(join(source.path, "cloud-native.yaml"), "utf8"), "cloud-native.yaml")
  const namespace = await Namespace.create(lab, name)
  const list = { apiVersion: "v1", kind: "List", items: backingManifests(config) }
  await kubectl(lab, [`--namespace=${name}`, "apply", "--filename=-"], JSON.stringify(list))
  await namespace.kubectl("rollout", "status", "deployment/db", "--timeout=180s")
  const first = await namespace.deploy(source).ended
  expect(first.exitCode, first.stderr).toBe(0)
  expect(first.stdout).toContain(
    "Migrations, in containers: not checked: no release runs that this module has recorded",
  )
  return namespace
}

/** A release whose migration does more, and whose code uses it: from one text to another. */
function changed(migration: string, from: string, to: string): Source {
  const source = Source.withDatabase()
  source.write("api/migrate.py", `${readFileSync(join(source.path, "api/migrate.py"), "utf8")}${migration}\n`)
  const code = readFileSync(join(source.path, "api/main.py"), "utf8")
  return source.write("api/main.py", code.replaceAll(from, to))
}

/** It keeps the lock for two seconds. */
const additive = () =>
  changed(
    `query("ALTER TABLE items ADD COLUMN IF NOT EXISTS note text; SELECT pg_sleep(2)")`,
    "SELECT title",
    "SELECT title, note",
  )

/** The title becomes a name, and the column that the running code reads and writes is dropped. */
const breaking = () =>
  changed(
    `query("ALTER TABLE items ADD COLUMN name text; UPDATE items SET name = title; ALTER TABLE items DROP COLUMN title")`,
    "title ",
    "name ",
  ).edit("api/main.py", "(title)", "(name)")

/** All that a deployment could have changed. */
const state = async (namespace: Namespace) =>
  (await namespace.kubectl("get", "all,secrets,configmaps,leases", "--output=name")).split("\n").sort()

test.concurrent(
  "9: a migration that only adds is proven in containers, and so is the rollback across it",
  { tags: "representative" },
  async () => {
    const namespace = await running("additive-migration")
    const before = await namespace.running()
    const second = await namespace.deploy(additive()).ended
    expect(second.exitCode, second.stderr).toBe(0)
    expect(second.stdout).toMatch(/^running code on the new schema +PASS +4 requests/m)
    expect(second.stdout).toMatch(/^new code on the new schema +PASS +4 requests/m)
    expect(second.stdout).toMatch(/^new code on the old schema +FAIL .*status 500: it needs its migrations$/m)
    expect(second.stdout).toMatch(/^warning: migrate-\w+ locks items for [12]\.\d s, with a few rows in it/m)
    expect(second.stdout).toMatch(/100\.000 % answered as expected, from before the first change/)

    const again = await namespace.deploy(additive().edit("k8s/app.yaml", "periodSeconds: 1", "periodSeconds: 2")).ended
    expect(again.exitCode, again.stderr).toBe(0)
    expect(again.stdout).toContain("Migrations: those of the release that ran; nothing was to be tried in containers")

    const [id] = /2\d{7}-\d{6}-\w{4}/.exec(await namespace.kubectl("get", "secrets", "--output=name"))!
    const back = await namespace.call(additive(), "rollback", `--to=${id}`).ended
    expect(back.exitCode, back.stderr).toBe(0)
    expect(back.stdout).toMatch(/^Goes across migrate-\w+, which stay: .* was seen in containers, before they ran$/m)
    expect(await namespace.running()).toEqual(before)
  },
)

test.concurrent("9: a migration that drops what the running code reads is refused before it ran", async context => {
  const namespace = await running("breaking-schema")
  const [before, pods] = [await state(namespace), await namespace.running()]
  const from = Date.now()
  const refused = await namespace.deploy(breaking()).ended
  expect(refused.exitCode, refused.stderr).toBe(1)
  for (const text of [
    "MIGRATION_BREAKS_RUNNING: the migrations break what runs; nothing was changed",
    "cause: the items, of backend, of the running release: status 500",
    "new code on the new schema: PASS",
    'backend: column "title" does not exist',
    "expand in this release",
    "--allow-breaking-migration",
  ])
    expect(errorOf(refused)).toContain(text)
  expect(await state(namespace)).toEqual(before)
  measure(context, { code: "MIGRATION_BREAKS_RUNNING", since: "call", from, verdict: Date.now() })

  const allowed = await namespace.deploy(breaking(), "--allow-breaking-migration").ended
  expect(allowed.exitCode, allowed.stderr).toBe(0)
  expect(allowed.stdout).toMatch(/^running code on the new schema +FAIL .*status 500$/m)
  expect(allowed.stdout).toContain("a downtime is to be expected")
  expect(allowed.stdout).toMatch(/100\.000 % answered as expected, from when all of its pods served/)
  expect(await namespace.running()).not.toEqual(pods)

  const back = await namespace.call(breaking(), "rollback").ended
  expect(back.exitCode).toBe(1)
  expect(back.stderr).toMatch(/which stay: in containers, this release failed on their schema: the items, of backend/)
})

test.concurrent("9: a migration that fails in containers is refused with its output", async () => {
  const namespace = await running("failing-schema")
  const before = await state(namespace)
  const refused = await namespace.deploy(changed(`query("ALTER TABLE nothing ADD COLUMN x int")`, "", "")).ended
  expect(refused.exitCode, refused.stderr).toBe(1)
  for (const text of ["MIGRATION_TRIAL_FAILED", 'relation "nothing" does not exist', "nothing was changed"])
    expect(errorOf(refused)).toContain(text)
  expect(await state(namespace)).toEqual(before)
})
