import { getMigrations } from "better-auth/db/migration"
import { Client } from "pg"
import { type Auth, createAuth } from "@/lib/auth.ts"
import { createPool } from "@/lib/database.ts"

export interface MigrationSettings {
  databaseUrl: string
  secret: string
  url: string
  /** How long to wait for the database, in milliseconds. */
  patience: number
  /** A user that there has to be, with this password. */
  account?: Account
}

export interface Account {
  name: string
  email: string
  password: string
}

/** Brings the schema `auth` up to date and sees to it that there is a signing key. Returns the tables it changed. */
export async function migrate({ databaseUrl, secret, url, patience, account }: MigrationSettings): Promise<string[]> {
  const lock = await connect(databaseUrl, patience)
  const pool = createPool(databaseUrl)
  try {
    // Only one migration at a time; the lock goes with the connection.
    await lock.query("set lock_timeout = '60s'")
    await lock.query("select pg_advisory_lock(hashtext('auth.migration'))")

    const auth = createAuth({ pool, secret, url })
    const { toBeCreated, toBeAdded, runMigrations } = await getMigrations(auth.options)
    await runMigrations()

    // The first signature makes the key that all replicas share; later ones prove that the secret still opens it.
    await auth.api.signJWT({ body: { payload: { sub: "migration" } } })
    if (account) await ensureAccount(auth, account)
    return [...toBeCreated, ...toBeAdded].map(({ table }) => table)
  } finally {
    await pool.end()
    await lock.end()
  }
}

/** Makes the user, or gives the one that is there this password. */
async function ensureAccount(auth: Auth, account: Account): Promise<void> {
  const { internalAdapter, password } = await auth.$context
  const existing = await internalAdapter.findUserByEmail(account.email)
  if (!existing) await auth.api.signUpEmail({ body: account })
  else await internalAdapter.updatePassword(existing.user.id, await password.hash(account.password))
}

async function connect(databaseUrl: string, patience: number): Promise<Client> {
  const deadline = Date.now() + patience
  for (;;) {
    const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
    try {
      await client.connect()
      return client
    } catch (error) {
      const place = `PostgreSQL at ${client.host}:${client.port}, database ${client.database}`
      if (isFinal(error) || Date.now() >= deadline) throw new Error(`Cannot use ${place}: ${reason(error)}`)
      console.log(`Waiting for ${place}: ${reason(error)}`)
      await new Promise(resolve => setTimeout(resolve, 1_000))
    }
  }
}

/** A wrong password (class 28) or a missing database (class 3D) does not come right by waiting. */
function isFinal(error: unknown): boolean {
  return /^(28|3D)/.test((error as { code?: string }).code ?? "")
}

/** An attempt at several addresses fails with an AggregateError, whose own message is empty. */
function reason(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  return message || code || String(error)
}
