import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose"
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest"
import { DELETE, GET, PATCH, POST } from "@/app/api/tasks/[[...path]]/route.ts"
import { auth } from "@/lib/auth.ts"
import { database } from "@/lib/database.ts"
import { createReplicas, secret, signUp, url } from "./database.ts"

let setup: Awaited<ReturnType<typeof createReplicas>>
let user: { id: string; cookie: string }

beforeAll(async () => {
  setup = await createReplicas(0)
  vi.stubEnv("DATABASE_URL", setup.database.url)
  vi.stubEnv("BETTER_AUTH_SECRET", secret)
  vi.stubEnv("BETTER_AUTH_URL", url)
  user = await signUp(auth())
})

afterAll(async () => {
  await database().end()
  vi.unstubAllEnvs()
  await setup.close()
})

afterEach(() => vi.restoreAllMocks())

interface Seen {
  method: string
  path: string
  headers: IncomingMessage["headers"]
  body: string
}

/** A backend that records what it is sent; BACKEND_URL names it until it is closed. */
async function startBackend(answer: (response: ServerResponse, seen: Seen) => void) {
  const requests: Seen[] = []
  const server = createServer(async (request, response) => {
    let body = ""
    for await (const chunk of request) body += chunk
    const seen = { method: request.method!, path: request.url!, headers: request.headers, body }
    requests.push(seen)
    answer(response, seen)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  vi.stubEnv("BACKEND_URL", address)
  return {
    address,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

function json(status: number, body: unknown) {
  return (response: ServerResponse) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
}

function request(method: string, path: string, { body, ...headers }: Record<string, string | undefined> = {}) {
  return new Request(`http://frontend:3000${path}`, {
    method,
    body,
    headers: { cookie: user.cookie, ...(body && { "content-type": "application/json" }), ...headers } as HeadersInit,
  })
}

test("the backend gets the request in the name of the user, and its answer comes back", async () => {
  const task = { id: 1, title: "Write", done: false, created_at: "2026-01-01T00:00:00Z" }
  await using backend = await startBackend(json(201, task))

  const response = await POST(request("POST", "/api/tasks?from=here", { body: '{"title":"Write"}', origin: url }))

  expect(response.status).toBe(201)
  expect(response.headers.get("content-type")).toBe("application/json")
  expect(await response.json()).toEqual(task)
  const [seen] = backend.requests
  expect(seen).toMatchObject({ method: "POST", path: "/api/tasks?from=here", body: '{"title":"Write"}' })
  expect(seen!.headers["content-type"]).toBe("application/json")
  const token = seen!.headers.authorization!.replace("Bearer ", "")
  const keys = (await auth().api.getJwks()) as JSONWebKeySet
  expect((await jwtVerify(token, createLocalJWKSet(keys), { issuer: url, audience: url })).payload.sub).toBe(user.id)
})

test("the cookie stays here", async () => {
  await using backend = await startBackend(json(200, []))
  await GET(request("GET", "/api/tasks"))
  expect(backend.requests[0]!.headers.cookie).toBeUndefined()
})

test.each([
  ["PATCH", PATCH, 422, { detail: [{ msg: "wrong" }] }],
  ["GET", GET, 404, { detail: "Not Found" }],
  ["GET", GET, 500, { detail: "broken" }],
])("%s passes a status on as it is", async (method, handler, status, body) => {
  await using _ = await startBackend(json(status, body))
  const response = await handler(request(method, "/api/tasks/7", method === "PATCH" ? { body: "{}" } : {}))
  expect(response.status).toBe(status)
  expect(await response.json()).toEqual(body)
})

test("an answer without a body passes too", async () => {
  await using backend = await startBackend(response => response.writeHead(204).end())
  const response = await DELETE(request("DELETE", "/api/tasks/7"))
  expect(response.status).toBe(204)
  expect(await response.text()).toBe("")
  expect(backend.requests[0]).toMatchObject({ method: "DELETE", path: "/api/tasks/7", body: "" })
})

test("BACKEND_URL is read for each request", async () => {
  await using first = await startBackend(json(200, "first"))
  await using second = await startBackend(json(200, "second"))

  vi.stubEnv("BACKEND_URL", first.address)
  expect(await (await GET(request("GET", "/api/tasks"))).json()).toBe("first")
  vi.stubEnv("BACKEND_URL", `${second.address}/`)
  expect(await (await GET(request("GET", "/api/tasks"))).json()).toBe("second")
  expect(second.requests[0]!.path).toBe("/api/tasks")
})

test("every request has a connection of its own, so that a Service can balance them", async () => {
  await using backend = await startBackend(json(200, []))
  await GET(request("GET", "/api/tasks"))
  expect(backend.requests[0]!.headers.connection).toBe("close")
})

test("without a session the answer is 401, and the backend hears nothing", async () => {
  await using backend = await startBackend(json(200, []))
  const response = await GET(request("GET", "/api/tasks", { cookie: "better-auth.session_token=forged.signature" }))
  expect(response.status).toBe(401)
  expect(await response.json()).toEqual({ detail: "Please sign in." })
  expect(backend.requests).toEqual([])
})

test("another site cannot act in the name of the user", async () => {
  await using backend = await startBackend(json(204, undefined))
  const refused = await DELETE(request("DELETE", "/api/tasks/7", { origin: "http://evil.example" }))
  expect(refused.status).toBe(403)
  expect(backend.requests).toEqual([])
})

test("a backend that cannot be reached is a 502 that says so", async () => {
  const { address } = await (async () => {
    await using backend = await startBackend(json(200, []))
    return backend
  })()
  const log = vi.spyOn(console, "error").mockImplementation(() => {})
  const response = await GET(request("GET", "/api/tasks"))
  expect(response.status).toBe(502)
  expect(await response.json()).toEqual({ detail: "The backend cannot be reached." })
  expect(log.mock.calls.flat().join()).toContain(address)
})

test("a backend that does not answer in time is a 504", async () => {
  await using _ = await startBackend(() => {})
  vi.spyOn(console, "error").mockImplementation(() => {})
  const timeout = AbortSignal.timeout
  vi.spyOn(AbortSignal, "timeout").mockImplementation(() => timeout(50))
  const response = await GET(request("GET", "/api/tasks"))
  expect(response.status).toBe(504)
  expect(await response.json()).toEqual({ detail: "The backend did not answer in time." })
})

test("a session in use is prolonged, in the database and in the browser", async () => {
  await using _ = await startBackend(json(200, []))
  const fresh = await GET(request("GET", "/api/tasks"))
  expect(fresh.headers.getSetCookie()).toEqual([])

  await setup.database.query(`update auth.session set "expiresAt" = now() + interval '5 days'`)
  const prolonged = await GET(request("GET", "/api/tasks"))
  expect(prolonged.headers.getSetCookie().join()).toContain("session_token=")
})

test("a session that cannot be checked is a 503, not a sign-out", async () => {
  await using backend = await startBackend(json(200, []))
  vi.spyOn(console, "error").mockImplementation(() => {})
  await setup.database.query("alter table auth.session rename to elsewhere")
  try {
    expect((await GET(request("GET", "/api/tasks"))).status).toBe(503)
    expect(backend.requests).toEqual([])
  } finally {
    await setup.database.query("alter table auth.elsewhere rename to session")
  }
})
