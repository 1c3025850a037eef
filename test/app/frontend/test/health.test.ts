import { once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { afterEach, beforeEach, expect, test, vi } from "vitest"

// A module of its own for each test, since the pool is made once per process.
async function get(query = ""): Promise<Response> {
  const { GET } = await import("@/app/api/health/route.ts")
  return GET(new Request(`http://frontend:3000/api/health${query}`))
}

beforeEach(() => {
  vi.resetModules()
  vi.spyOn(console, "warn").mockImplementation(() => {})
})

afterEach(async () => {
  const { database } = await import("@/lib/database.ts")
  await database().end()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test("the process is well without a database", async () => {
  vi.stubEnv("DATABASE_URL", "postgresql://app@127.0.0.1:1/nowhere")
  const response = await get()
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: "ok" })
})

test("with a database it is ready", async () => {
  const response = await get("?check=database")
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: "ok", database: "ok" })
})

test("without one it is not", async () => {
  vi.stubEnv("DATABASE_URL", "postgresql://app@127.0.0.1:1/nowhere")
  const response = await get("?check=database")
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual({ status: "unavailable", database: "unreachable" })
})

test("nor with one that accepts connections and says nothing, and the answer does not wait for it", async () => {
  const sockets: Socket[] = []
  const silent = createServer(socket => sockets.push(socket)).listen(0, "127.0.0.1")
  await once(silent, "listening")
  vi.stubEnv("DATABASE_URL", `postgresql://app@127.0.0.1:${(silent.address() as AddressInfo).port}/app`)
  try {
    expect((await get("?check=database")).status).toBe(503)
    expect(vi.mocked(console.warn).mock.calls.flat().join()).toContain("no answer within")
  } finally {
    sockets.forEach(socket => socket.destroy())
    silent.close()
  }
})
