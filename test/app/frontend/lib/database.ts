import { Pool } from "pg"
import { setting } from "@/lib/setting.ts"

export function createPool(connectionString: string): Pool {
  // Small, since every replica has one; bounded, so that a lost database gives an answer rather than a hang.
  const pool = new Pool({ connectionString, max: 5, connectionTimeoutMillis: 5_000, query_timeout: 10_000 })
  // An idle connection that breaks (a database restart) is replaced; without a listener it would end the process.
  pool.on("error", error => console.warn(`Lost a database connection: ${error.message}`))
  return pool
}

let pool: Pool | undefined

/** The pool of this process. It connects when it is first used, so the server starts without a database. */
export function database(): Pool {
  return (pool ??= createPool(setting("DATABASE_URL")))
}
