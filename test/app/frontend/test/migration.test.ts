import { randomBytes } from "node:crypto"
import { type AddressInfo, connect, createServer } from "node:net"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { createAuth } from "@/lib/auth.ts"
import { createPool } from "@/lib/database.ts"
import { migrate } from "@/lib/migration.ts"
import { createDatabase, secret, url } from "./database.ts"

let database: Awaited<ReturnType<typeof createDatabase>>

beforeEach(async () => {
  database = await createDatabase()
})

afterEach(() => database.drop())

const run = (settings = {}) => migrate({ databaseUrl: database.url, secret, url, patience: 10_000, ...settings })
const keys = () => database.query("select id from auth.jwks")

test("it makes the tables in a schema of their own, and one key", async () => {
  await run()
  const tables = await database.query(
    "select schemaname as schema, tablename as name from pg_tables where schemaname in ('auth', 'public') order by 2",
  )
  expect(tables).toEqual(
    ["account", "jwks", "rateLimit", "session", "user", "verification"].map(name => ({ schema: "auth", name })),
  )
  expect(await keys()).toHaveLength(1)
})

test("it changes nothing the second time", async () => {
  expect(await run()).toContain("user")
  const before = await keys()
  expect(await run()).toEqual([])
  expect(await keys()).toEqual(before)
})

test("two at once make one key", async () => {
  const changed = await Promise.all([run(), run()])
  expect(changed.filter(tables => tables.length > 0)).toHaveLength(1)
  expect(await keys()).toHaveLength(1)
})

test("a secret that does not open the key fails it, before any pod uses it", async () => {
  await run()
  await expect(run({ secret: "another secret, also 32 characters or more" })).rejects.toThrow(/decrypt private key/)
})

test("it makes the account it is given, and keeps its password current", async () => {
  const account = { name: "Monitor", email: "monitor@example.com", password: randomBytes(16).toString("hex") }
  const another = { ...account, password: randomBytes(16).toString("hex") }
  const pool = createPool(database.url)
  const signIn = (body: typeof account) => createAuth({ pool, secret, url }).api.signInEmail({ body })
  try {
    await run({ account })
    expect((await signIn(account)).user.email).toBe(account.email)
    await run({ account: another })
    expect((await signIn(another)).user.email).toBe(account.email)
    await expect(signIn(account)).rejects.toThrow(/password/i)
  } finally {
    await pool.end()
  }
})

test("it waits for a database that is still starting", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {})
  const real = new URL(database.url)
  const port = await freePort()
  const late = new URL(database.url)
  late.hostname = "127.0.0.1"
  late.port = String(port)

  const migration = run({ databaseUrl: late.href })
  await expect.poll(() => log.mock.calls.flat().join()).toContain(`Waiting for PostgreSQL at 127.0.0.1:${port}`)
  const proxy = await forwardPort(port, { host: real.hostname, port: Number(real.port || 5432) })
  try {
    expect(await migration).toContain("user")
  } finally {
    proxy.close()
    log.mockRestore()
  }
})

test("it gives up on a database that never comes, says which, and keeps the password to itself", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {})
  const password = randomBytes(8).toString("hex")
  const port = await freePort()
  const failure = await run({ databaseUrl: `postgresql://app:${password}@127.0.0.1:${port}/tasks`, patience: 0 }).catch(
    (error: Error) => error.message,
  )
  expect(failure).toContain(`Cannot use PostgreSQL at 127.0.0.1:${port}, database tasks: connect ECONNREFUSED`)
  expect(failure + log.mock.calls.flat().join()).not.toContain(password)
  log.mockRestore()
})

test("it does not wait for a database that does not exist", async () => {
  const missing = new URL(database.url)
  missing.pathname = "nowhere"
  await expect(run({ databaseUrl: missing.href, patience: 600_000 })).rejects.toThrow(/"nowhere" does not exist/)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await new Promise(resolve => server.once("listening", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

async function forwardPort(port: number, target: { host: string; port: number }) {
  const server = createServer(near => {
    const far = connect(target)
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on("error", () => socket.destroy())
  }).listen(port, "127.0.0.1")
  await new Promise(resolve => server.once("listening", resolve))
  return server
}
