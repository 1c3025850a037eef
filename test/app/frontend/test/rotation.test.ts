// What docs/first-day.md says of rotating BETTER_AUTH_SECRET, with the variables as it gives them.
import { betterAuth } from "better-auth"
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose"
import type { Pool } from "pg"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { type Auth, createAuth } from "@/lib/auth.ts"
import { createPool } from "@/lib/database.ts"
import { migrate } from "@/lib/migration.ts"
import { cookiesOf, createReplicas, secret as OLD, signUp, url } from "./database.ts"

const NEW = "the next secret of these tests: 32 characters or more"
const NEWER = "the one after that: it has 32 characters or more too"

let setup: Awaited<ReturnType<typeof createReplicas>>
let pool: Pool
/** The previous release, which knows one secret only. */
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
async function deploy(versions: string | undefined, secret = OLD): Promise<Auth> {
  vi.stubEnv("BETTER_AUTH_SECRETS", versions)
  await migrate({ databaseUrl: setup.database.url, secret, url, patience: 10_000 })
  return started(createAuth({ pool, secret, url }))
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

test("rotated in two deployments, sessions and tokens are good with every pod, before and after, and after a roll-back", async () => {
  const { id, email, cookie } = await signUp(before)
  const token = await tokenOf(before, cookie)

  const first = await deploy(`0:${OLD},1:${NEW}`)
  const second = await deploy(`1:${NEW},0:${OLD}`)

  const pairs = [
    [before, first],
    [first, second],
  ] as const
  for (const [older, newer] of pairs) {
    expect(await userOf(newer, cookie)).toBe(id)
    expect(await subjectOf(token, newer)).toBe(id)
    const again = await signIn(newer, email)
    expect(await userOf(newer, again)).toBe(id)
    expect(await userOf(older, again)).toBe(id)
    expect(await subjectOf(await tokenOf(newer, again), older)).toBe(id)
  }
  // What the second encrypts, the first decrypts: a new key.
  await setup.database.query("delete from auth.jwks")
  await tokenOf(second, cookie)
  expect(await subjectOf(await tokenOf(first, cookie), second)).toBe(id)
})

test("a session that is prolonged has the newest secret from then on", async () => {
  const { id, cookie } = await signUp(before)
  const after = await deploy(`1:${NEW},0:${OLD}`)
  await setup.database.query(`update auth.session set "expiresAt" = now() + interval '5 days'`)

  const prolonged = cookiesOf(await after.api.getSession({ headers: headersWith(cookie), asResponse: true }))

  expect(await userOf(await deploy(`2:${NEWER},1:${NEW}`), prolonged)).toBe(id)
  expect(await userOf(before, prolonged)).toBeUndefined()
})

test("a cookie that none of the secrets has signed is nobody's", async () => {
  const { cookie } = await signUp(before)
  const after = await deploy(`1:${NEW},0:${OLD}`)
  for (const signature of ["", `.${encodeURIComponent(`${"A".repeat(43)}=`)}`]) {
    expect(await userOf(after, cookie.replace(/\.[^.]+$/, signature))).toBeUndefined()
  }
})

test("Better Auth on its own accepts no cookie of an earlier secret; once it does, lib/rotation.ts can go", async () => {
  const { id, email, cookie } = await signUp(before)
  const { options } = await deploy(`1:${NEW},0:${OLD}`)
  const own = betterAuth({ ...options, hooks: undefined }) as Auth
  expect(await userOf(own, cookie)).toBeUndefined()
  expect(await userOf(own, await signIn(own, email))).toBe(id)
})

test("a key opens as long as the secret that encrypted it is given with its version", async () => {
  const first = await deploy(`1:${NEW},0:${OLD}`)
  const { id, email, cookie } = await signUp(first)
  const old = await tokenOf(first, cookie)

  // As after a leak of secret and database: the next token makes another key.
  await setup.database.query("truncate auth.jwks, auth.session")
  expect(await userOf(first, cookie)).toBeUndefined()
  const again = await signIn(first, email)
  const token = await tokenOf(first, again)
  await expect(subjectOf(old, first)).rejects.toThrow(/no applicable key/)
  await expect(tokenOf(before, await signIn(before, email))).rejects.toThrow(/decrypt private key/)

  const second = await deploy(`2:${NEWER},1:${NEW}`)
  expect(await subjectOf(token, second)).toBe(id)
  expect(await subjectOf(await tokenOf(second, again), first)).toBe(id)
  await expect(deploy(`2:${NEWER}`)).rejects.toThrow(/decrypt private key/)
})

test("replaced outright, it opens nothing: the migration fails, before any pod has it", async () => {
  const { email, cookie } = await signUp(before)

  await expect(deploy(undefined, NEW)).rejects.toThrow(/decrypt private key/)

  const replaced = createAuth({ pool, secret: NEW, url })
  expect(await userOf(replaced, cookie)).toBeUndefined()
  await expect(tokenOf(replaced, await signIn(replaced, email))).rejects.toThrow(/decrypt private key/)
})
