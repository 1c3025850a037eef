import { randomBytes } from "node:crypto"
import { Client } from "pg"
import { type Auth, createAuth } from "@/lib/auth.ts"
import { createPool } from "@/lib/database.ts"
import { migrate } from "@/lib/migration.ts"
import { setting } from "@/lib/setting.ts"

export const url = "http://tasks.example"
// Without a comma, which divides one secret from the next in BETTER_AUTH_SECRETS.
export const secret = "a secret of these tests: 32 characters or more"

/** An empty database on the server that DATABASE_URL names; `drop` it afterwards. */
export async function createDatabase() {
  const name = `frontend_test_${randomBytes(6).toString("hex")}`
  await query(setting("DATABASE_URL"), `create database ${name}`)
  const databaseUrl = new URL(setting("DATABASE_URL"))
  databaseUrl.pathname = name
  return {
    url: databaseUrl.href,
    query: (text: string) => query(databaseUrl.href, text),
    drop: () => query(setting("DATABASE_URL"), `drop database ${name} with (force)`),
  }
}

/** A migrated database and replicas of the application's authentication on it. */
export async function createReplicas(count: number) {
  const database = await createDatabase()
  await migrate({ databaseUrl: database.url, secret, url, patience: 10_000 })
  const pools = Array.from({ length: count }, () => createPool(database.url))
  return {
    database,
    replicas: pools.map(pool => createAuth({ pool, secret, url })),
    async close() {
      await Promise.all(pools.map(pool => pool.end()))
      await database.drop()
    },
  }
}

/** Signs a new user up, as a browser would, and returns the cookies of the session. */
export async function signUp(auth: Auth) {
  const email = `${randomBytes(6).toString("hex")}@example.com`
  const response = await auth.api.signUpEmail({
    body: { name: "Ada", email, password: "correct horse" },
    asResponse: true,
  })
  const { user } = (await response.json()) as { user: { id: string } }
  return { email, id: user.id, cookie: cookiesOf(response) }
}

export function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map(cookie => cookie.split(";")[0])
    .join("; ")
}

async function query(databaseUrl: string, text: string) {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
