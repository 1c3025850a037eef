import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.ts"
import { lockWatcher, longLocks } from "../../../.dagger/src/schema/locks.ts"

const line = (at: number, table: string, holder = 7) => JSON.stringify({ at: 1000 + at, table, holder })

describe("long locks", () => {
  test("are those of a second and more, from the first moment that shows them to the last", () => {
    const lines = ["Sun 29 Nov 2026 (every 0.1s)", "", line(0, "items"), line(0.1, "items"), line(3.24, "items")]
    expect(longLocks("migrate", lines)).toEqual([{ migration: "migrate", table: "items", seconds: 3.2 }])
  })

  test("are none where each was short, though there were many", () => {
    const lines = [line(0, "items"), line(0.5, "items"), line(2, "items", 8), line(2.5, "items", 8)]
    expect(longLocks("migrate", lines)).toEqual([])
    expect(longLocks("migrate", [])).toEqual([])
  })

  test("are of a second exactly, too", () => {
    expect(longLocks("migrate", [line(0, "items"), line(1, "items")])).toHaveLength(1)
    expect(longLocks("migrate", [line(0, "items"), line(0.94, "items")])).toEqual([])
  })

  test("cannot be read from what psql does not print: that is this module's bug", () => {
    expect(() => longLocks("migrate", ['{"at":"now"}'])).toThrow(/a line of psql is not of the shape/)
  })

  test("are told apart by their tables", () => {
    const lines = [line(0, "items"), line(1, "users"), line(1.5, "items"), line(2, "users")]
    expect(longLocks("migrate", lines).map(({ table }) => table)).toEqual(["items", "users"])
  })
})

describe("the database that is watched", () => {
  const configured = (image: string, env = "") =>
    parseConfig(`services: { store: { image: "${image}", port: 5433, env: { ${env} } } }`, "cloud-native.yaml")
  const watcher = (image: string, env?: string) => lockWatcher(["store"], configured(image, env))

  test.each(["postgres:17-alpine", "ghcr.io/acme/postgres:16", "postgis/postgis:17-3.5", "bitnami/postgresql:17"])(
    "is one of %s",
    image => {
      expect(watcher(image)?.image).toBe(image)
    },
  )
  test.each(["mysql:9", "redis:8", "ghcr.io/acme/mypostgres-exporter"])("is none of %s", image => {
    expect(watcher(image)).toBeUndefined()
  })

  test("is asked as the user that its environment names, by psql of its own image", () => {
    expect(watcher("postgres:17", "POSTGRES_USER: app, POSTGRES_PASSWORD: secret")?.pod.env).toEqual({
      PGHOST: "store",
      PGPORT: "5433",
      PGUSER: "app",
      PGDATABASE: "app",
      PGPASSWORD: "secret",
    })
    const trusting = watcher("postgres:17")?.pod.env
    expect(trusting).toMatchObject({ PGUSER: "postgres", PGDATABASE: "postgres" })
    expect(trusting).not.toHaveProperty("PGPASSWORD")
  })

  test("is asked by a file, one JSON object a line, whatever psqlrc its image has", () => {
    const { pod, files } = watcher("postgres:17")!
    expect(pod.command).toEqual(["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--file=/watch/locks.sql"])
    expect(files).toEqual({ "/watch/locks.sql": expect.stringContaining("AccessExclusiveLock") })
  })
})
