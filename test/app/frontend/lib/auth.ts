import { betterAuth } from "better-auth"
import { jwt } from "better-auth/plugins"
import { PostgresDialect } from "kysely"
import type { Pool } from "pg"
import { database } from "@/lib/database.ts"
import { acceptEarlierSecrets } from "@/lib/rotation.ts"
import { setting } from "@/lib/setting.ts"

export interface AuthSettings {
  pool: Pool
  secret: string
  /** Where users find the application: the issuer and audience of its tokens, and the only origin it trusts. */
  url: string
}

/** Users, sessions and signing keys live in PostgreSQL, so all replicas share them, across rolling updates too. */
export function createAuth({ pool, secret, url }: AuthSettings) {
  return betterAuth({
    appName: "Tasks",
    secret,
    baseURL: url,
    database: { dialect: new PostgresDialect({ pool }), type: "postgres", schemaName: "auth" },
    emailAndPassword: { enabled: true },
    // In the database, since a limit kept in memory would grow with the number of replicas.
    rateLimit: { enabled: true, storage: "database" },
    telemetry: { enabled: false },
    hooks: { before: acceptEarlierSecrets },
    plugins: [
      jwt({
        jwks: { keyPairConfig: { alg: "EdDSA", crv: "Ed25519" } },
        // The subject is all that the backend needs to know of a user.
        jwt: { issuer: url, audience: url, expirationTime: "15m", definePayload: () => ({}) },
        disableSettingJwtHeader: true,
      }),
    ],
  })
}

export type Auth = ReturnType<typeof createAuth>

let instance: Auth | undefined

/** Made when it is first used, so that a build needs no settings. */
export function auth(): Auth {
  return (instance ??= createAuth({
    pool: database(),
    secret: setting("BETTER_AUTH_SECRET"),
    url: setting("BETTER_AUTH_URL"),
  }))
}
