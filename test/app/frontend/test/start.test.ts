import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { settings } from "@/lib/setting.ts"

const others = process.listeners("SIGTERM")

beforeEach(() => {
  vi.resetModules()
  vi.useFakeTimers({ toFake: ["setTimeout"] })
  for (const name of settings) vi.stubEnv(name, "a value")
})

afterEach(() => {
  process.removeAllListeners("SIGTERM")
  for (const listener of others) process.on("SIGTERM", listener)
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test("told to stop, it takes leave of each client with the next answer, before Next.js closes the connections", async () => {
  const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never)
  const close = vi.fn()
  process.removeAllListeners("SIGTERM").on("SIGTERM", close)
  await import("@/lib/start.ts")
  const server = createServer((_, response) => response.end("well")).listen(0, "127.0.0.1")
  await once(server, "listening")
  const connection = async () =>
    (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).headers.get("connection")
  try {
    expect(await connection()).toBe("keep-alive")
    process.emit("SIGTERM", "SIGTERM", 15)
    expect(await connection()).toBe("close")
    expect(close).not.toHaveBeenCalled()
    vi.advanceTimersByTime(2_000)
    expect(close).toHaveBeenCalledWith("SIGTERM")
    expect(exit).not.toHaveBeenCalled()
    vi.advanceTimersByTime(18_000)
    expect(exit).toHaveBeenCalledWith(143)
  } finally {
    server.close()
  }
})

test("without its settings it says which, and does not start", async () => {
  const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never)
  const said = vi.spyOn(console, "error").mockImplementation(() => {})
  vi.stubEnv("BACKEND_URL", "")
  await import("@/lib/start.ts")
  expect(exit).toHaveBeenCalledWith(1)
  expect(said).toHaveBeenCalledWith("Not set in the environment: BACKEND_URL.")
})
