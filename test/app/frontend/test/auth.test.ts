import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Auth, createAuth } from "@/lib/auth.ts"
import { createPool } from "@/lib/database.ts"
import { cookiesOf, createReplicas, secret, signUp, url } from "./database.ts"

let setup: Awaited<ReturnType<typeof createReplicas>>
let first: Auth
let second: Auth

beforeAll(async () => {
  setup = await createReplicas(2)
  ;[first, second] = setup.replicas as [Auth, Auth]
})

afterAll(() => setup.close())

/** A request as it reaches a pod: by any host name, with the origin of the public URL, from a client's address. */
function call(auth: Auth, path: string, { body, headers }: { body?: object; headers?: Record<string, string> } = {}) {
  return auth.handler(
    new Request(`http://frontend:3000/api/auth${path}`, {
      method: body ? "POST" : "GET",
      body: body && JSON.stringify(body),
      headers: { origin: url, "content-type": "application/json", ...headers },
    }),
  )
}

async function keysOf(auth: Auth): Promise<JSONWebKeySet> {
  return (await call(auth, "/jwks")).json()
}

async function tokenOf(auth: Auth, cookie: string): Promise<string> {
  const { token } = (await (await call(auth, "/token", { headers: { cookie } })).json()) as { token: string }
  return token
}

test("a user signs up, out and in again", async () => {
  const headers = { "x-forwarded-for": "192.0.2.1" }
  const credentials = { email: "grace@example.com", password: "correct horse" }

  const up = await call(first, "/sign-up/email", { body: { name: "Grace", ...credentials }, headers })
  expect(up.status).toBe(200)
  const cookie = cookiesOf(up)

  const out = await call(first, "/sign-out", { body: {}, headers: { ...headers, cookie } })
  expect(out.status).toBe(200)
  expect((await call(first, "/token", { headers: { cookie } })).status).toBe(401)

  const wrong = await call(first, "/sign-in/email", { body: { ...credentials, password: "wrong" }, headers })
  expect(wrong.status).toBe(401)
  const again = await call(first, "/sign-in/email", { body: credentials, headers })
  expect(again.status).toBe(200)
  expect((await call(first, "/token", { headers: { cookie: cookiesOf(again) } })).status).toBe(200)
})

test("a token names the user, the public URL as issuer and audience, and lives for 15 minutes", async () => {
  const { id, cookie } = await signUp(first)

  const { payload, protectedHeader } = await jwtVerify(
    await tokenOf(first, cookie),
    createLocalJWKSet(await keysOf(first)),
    { issuer: url, audience: url, algorithms: ["EdDSA"] },
  )

  expect(protectedHeader.kid).toBeTruthy()
  expect(payload.exp! - payload.iat!).toBe(15 * 60)
  expect(payload).toEqual({ sub: id, iss: url, aud: url, iat: payload.iat, exp: payload.exp })
})

test("a session and a token of one replica are good on another", async () => {
  const { id, cookie } = await signUp(first)

  const token = await tokenOf(second, cookie)

  expect((await jwtVerify(token, createLocalJWKSet(await keysOf(first)))).payload.sub).toBe(id)
  expect(await keysOf(second)).toEqual(await keysOf(first))
})

test("a token of another installation is not", async () => {
  const other = await createReplicas(1)
  try {
    const { cookie } = await signUp(other.replicas[0]!)
    const token = await tokenOf(other.replicas[0]!, cookie)
    await expect(jwtVerify(token, createLocalJWKSet(await keysOf(first)))).rejects.toThrow(/no applicable key/)
  } finally {
    await other.close()
  }
})

test("the key set shows public keys only, and the database holds the private one encrypted", async () => {
  expect(Object.keys((await keysOf(first)).keys[0]!)).not.toContain("d")

  const [stored] = await setup.database.query(`select "publicKey", "privateKey" from auth.jwks`)
  expect(stored.publicKey).toContain('"crv"')
  expect(stored.privateKey).not.toContain('"crv"')
})

test("without a session, or with a forged one, there is no token", async () => {
  expect((await call(first, "/token")).status).toBe(401)
  const { cookie } = await signUp(first)
  const forged = cookie.replace(/=./, start => (start === "=a" ? "=b" : "=a"))
  expect((await call(first, "/token", { headers: { cookie: forged } })).status).toBe(401)
})

test("a request with a cookie from another site is refused", async () => {
  const { cookie } = await signUp(first)
  const refused = await call(first, "/sign-out", { body: {}, headers: { cookie, origin: "http://evil.example" } })
  expect(refused.status).toBe(403)
  expect((await call(first, "/sign-out", { body: {}, headers: { cookie } })).status).toBe(200)
})

test("the limit on signing in holds over all replicas", async () => {
  const attempt = (auth: Auth, address: string) =>
    call(auth, "/sign-in/email", {
      body: { email: "nobody@example.com", password: "a guess" },
      headers: { "x-forwarded-for": address },
    })

  for (const replica of [first, second, first]) expect((await attempt(replica, "192.0.2.2")).status).toBe(401)
  expect((await attempt(second, "192.0.2.2")).status).toBe(429)
  expect((await attempt(second, "192.0.2.3")).status).toBe(401)
})

test("the cookie is HttpOnly, and Secure exactly when the public URL is https", async () => {
  const pool = createPool(setup.database.url)
  try {
    const cookieAt = async (url: string) => {
      const response = await createAuth({ pool, secret, url }).api.signUpEmail({
        body: { name: "Ada", email: `ada@${new URL(url).protocol.slice(0, -1)}.example`, password: "correct horse" },
        asResponse: true,
      })
      return response.headers.getSetCookie().find(cookie => cookie.includes("session_token"))!
    }
    const open = await cookieAt("http://tasks.example")
    expect(open).toContain("HttpOnly")
    expect(open).toContain("SameSite=Lax")
    expect(open).not.toContain("Secure")
    expect(await cookieAt("https://tasks.example")).toContain("Secure")
  } finally {
    await pool.end()
  }
})

test("a lost database connection is replaced", async () => {
  const { cookie } = await signUp(first)
  await setup.database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  )
  await expect.poll(async () => (await call(first, "/token", { headers: { cookie } })).status).toBe(200)
})
