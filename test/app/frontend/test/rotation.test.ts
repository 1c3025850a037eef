// What docs/first-day.md says of rotating BETTER_AUTH_SECRET, with the variables as it gives them.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose"
import type { Pool } from "pg"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { type Auth, createAuth } from "@/lib/auth.ts"
import { createPool } from "@/lib/database.ts"
import { migrate } from "@/lib/migration.ts"
import { cookiesOf, createReplicas, secret, signUp, url } from "./database.ts"

// Without a comma, which divides one version from the next.
const NEW = "the next secret of these tests: 32 characters or more"
const NEWER = "the one after that: it has 32 characters or more too"

let setup: Awaited<ReturnType<typeof createReplicas>>
let pool: Pool
let before: Auth

beforeEach(async () => {
  setup = await createReplicas(1)
  pool = createPool(setup.database.url)
  before = await started(setup.replicas[0]!)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await pool.end()
  await setup.close()
})

/** A release with these secrets: its migration first, then the application. */
async function deploy(settings: { BETTER_AUTH_SECRET?: string; BETTER_AUTH_SECRETS?: string }): Promise<Auth> {
  const { BETTER_AUTH_SECRET = secret, BETTER_AUTH_SECRETS } = settings
  vi.stubEnv("BETTER_AUTH_SECRETS", BETTER_AUTH_SECRETS)
  await migrate({ databaseUrl: setup.database.url, secret: BETTER_AUTH_SECRET, url, patience: 10_000 })
  return started(createAuth({ pool, secret: BETTER_AUTH_SECRET, url }))
}

/** Better Auth reads the environment while it starts, which goes on after it was made. */
async function started(auth: Auth): Promise<Auth> {
  await auth.$context
  return auth
}

const headersWith = (cookie: string) => new Headers({ cookie })

async function userOf(auth: Auth, cookie: string): Promise<string | undefined> {
  return (await auth.api.getSession({ headers: headersWith(cookie) }))?.user.id
}

async function tokenOf(auth: Auth, cookie: string): Promise<string> {
  return (await auth.api.getToken({ headers: headersWith(cookie) })).token
}

async function signIn(auth: Auth, email: string): Promise<string> {
  return cookiesOf(await auth.api.signInEmail({ body: { email, password: "correct horse" }, asResponse: true }))
}

/** The user whom a token names, as the backend sees it, with the keys that this replica publishes. */
async function subjectOf(token: string, auth: Auth): Promise<string | undefined> {
  const keys = (await auth.api.getJwks()) as JSONWebKeySet
  return (await jwtVerify(token, createLocalJWKSet(keys), { issuer: url, audience: url })).payload.sub
}

test("rotated with a version, the secret opens what the one before encrypted: keys and tokens stay good", async () => {
  const { id, email, cookie } = await signUp(before)
  const earlier = await tokenOf(before, cookie)

  const after = await deploy({ BETTER_AUTH_SECRETS: `1:${NEW}` })

  expect(await subjectOf(earlier, after)).toBe(id)
  const again = await signIn(after, email)
  expect(await userOf(after, again)).toBe(id)
  const later = await tokenOf(after, again)
  expect(await subjectOf(later, after)).toBe(id)
  // While pods of both releases run: either accepts the other's tokens.
  expect(await subjectOf(later, before)).toBe(id)
})

test("sessions do not: users sign in again, and a session is good with pods of one secret only", async () => {
  const { id, email, cookie } = await signUp(before)

  const after = await deploy({ BETTER_AUTH_SECRETS: `1:${NEW}` })

  expect(await userOf(after, cookie)).toBeUndefined()
  expect(await userOf(before, await signIn(after, email))).toBeUndefined()
  // The session itself is not lost: after a roll-back it is good again.
  expect(await userOf(before, cookie)).toBe(id)
})

test("rotated once more, what an earlier secret encrypted opens as long as that secret is given with its version", async () => {
  const first = await deploy({ BETTER_AUTH_SECRETS: `1:${NEW}` })
  const { id, email, cookie } = await signUp(first)
  const old = await tokenOf(first, cookie)

  // As after a leak of secret and database: the next token makes another key.
  await setup.database.query("delete from auth.jwks")
  const earlier = await tokenOf(first, cookie)
  await expect(subjectOf(old, first)).rejects.toThrow(/no applicable key/)
  // The release before, without the new secret, cannot open that key.
  await expect(before.api.signJWT({ body: { payload: { sub: id } } })).rejects.toThrow(/decrypt private key/)

  const second = await deploy({ BETTER_AUTH_SECRETS: `2:${NEWER},1:${NEW}` })
  expect(await subjectOf(earlier, second)).toBe(id)
  expect(await subjectOf(await tokenOf(second, await signIn(second, email)), first)).toBe(id)
  await expect(deploy({ BETTER_AUTH_SECRETS: `2:${NEWER}` })).rejects.toThrow(/decrypt private key/)
})

test("replaced outright, it opens nothing: the migration fails, before any pod has it", async () => {
  const { email, cookie } = await signUp(before)

  await expect(deploy({ BETTER_AUTH_SECRET: NEW })).rejects.toThrow(/decrypt private key/)

  const replaced = createAuth({ pool, secret: NEW, url })
  expect(await userOf(replaced, cookie)).toBeUndefined()
  await expect(tokenOf(replaced, await signIn(replaced, email))).rejects.toThrow(/decrypt private key/)
})
