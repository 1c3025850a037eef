import { z } from "zod"

import type { Config } from "../config/schema.js"
import { readJson } from "../util/json.js"
import type { Program } from "./plan.js"

/** A table that nobody could read or write for a while. */
export const Lock = z.object({
  migration: z.string().describe("The Job that held it"),
  table: z.string(),
  seconds: z.number().describe("On a database with a few rows: more rows take longer"),
})
export type Lock = z.infer<typeof Lock>

/** Seconds from which on a lock is told of: a user waits for it. */
const LONG = 1

/** Images that are PostgreSQL, with psql. */
const POSTGRES = /(^|\/)(postgres|postgresql|postgis|pgvector|timescaledb)(:|@|$)/i

/** The exclusive locks on tables that have been read or written, ten times a second; a table that is yet to be committed is nobody's. */
const QUERY = `SELECT json_build_object('at', extract(epoch FROM clock_timestamp()), 'table', t.relname, 'holder', l.pid)
FROM pg_locks l
JOIN pg_stat_user_tables t ON t.relid = l.relation
JOIN pg_stat_activity a ON a.pid = l.pid AND a.backend_type = 'client backend'
WHERE l.mode = 'AccessExclusiveLock' AND l.granted
  AND coalesce(t.seq_scan, 0) + coalesce(t.idx_scan, 0) + t.n_tup_ins > 0
\\watch 0.1
`

/** What shows the locks of the database among the services while something else works on it; undefined: it is no PostgreSQL. */
export function lockWatcher(services: string[], config: Config): Program | undefined {
  const name = services.find(service => POSTGRES.test(config.services[service]!.image))
  if (name === undefined) return undefined
  const { image, port, env } = config.services[name]!
  const { POSTGRES_USER: user = "postgres", POSTGRES_DB: database = user, POSTGRES_PASSWORD: password } = env
  const file = "/watch/locks.sql"
  const place = { PGHOST: name, PGPORT: String(port), PGUSER: user, PGDATABASE: database }
  return {
    image,
    pod: {
      command: ["psql", "--no-psqlrc", "--tuples-only", "--no-align", `--file=${file}`],
      env: { ...place, ...(password !== undefined && { PGPASSWORD: password }) },
    },
    files: { [file]: QUERY },
  }
}

const Line = z.object({ at: z.number(), table: z.string(), holder: z.number() })

/** The long ones in what psql has printed while a migration ran. */
export function longLocks(migration: string, lines: string[]): Lock[] {
  const held = new Map<string, { table: string; from: number; to: number }>()
  for (const line of lines.filter(text => text.startsWith("{"))) {
    const { at, table, holder } = readJson(Line, line, "a line of psql")
    const known = held.get(`${holder} ${table}`)
    held.set(`${holder} ${table}`, { table, from: known?.from ?? at, to: at })
  }
  return [...held.values()]
    .map(({ table, from, to }) => ({ migration, table, seconds: Math.round((to - from) * 10) / 10 }))
    .filter(({ seconds }) => seconds >= LONG)
}
