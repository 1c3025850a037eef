import { once } from "node:events"
import { createServer, type IncomingMessage, request } from "node:http"
import type { AddressInfo } from "node:net"

import { describe, expect, onTestFinished, test } from "vitest"

import { within } from "../../../.dagger/src/util/within.js"

/** A server that answers no request, and what asks it. */
async function silent() {
  const server = createServer(() => {})
  await once(server.listen(0, "127.0.0.1"), "listening")
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const ask = async () => {
    // As the SDK does: some time after the work has begun.
    await Promise.resolve()
    return new Promise<never>((_, reject) => request({ port }).on("error", reject).end())
  }
  return { server, ask }
}

describe("work within a time", () => {
  test("gives its result", async () => {
    expect(await within(() => Promise.resolve("done"), "it", 1)).toBe("done")
  })

  test("fails with its own error", async () => {
    await expect(within(() => Promise.reject(new Error("broken")), "it", 1)).rejects.toThrow("broken")
  })

  test("that asks for what never comes is an error, and asks no more", async () => {
    const { server, ask } = await silent()
    const other = ask()
    const ended = new Promise<IncomingMessage>(resolve => {
      server.on("request", asked => asked.socket.on("close", () => resolve(asked)))
    })
    await expect(within(ask, "gitleaks", 0.05)).rejects.toThrow(/^TIMED_OUT: gitleaks did not end\n {2}it had 0.05 s/)
    await ended
    // What others ask is still asked.
    expect(await Promise.race([other, new Promise(resolve => setTimeout(resolve, 20, "asked"))])).toBe("asked")
    server.closeAllConnections()
    await expect(other).rejects.toThrow("socket hang up")
  })

  test("that is within a longer time of its own asks no more either", async () => {
    const { server, ask } = await silent()
    const ended = once(server, "request").then(([asked]) => once((asked as IncomingMessage).socket, "close"))
    await expect(within(() => within(ask, "the inner one", 3600), "the outer one", 0.05)).rejects.toThrow(
      /^TIMED_OUT: the outer one did not end/,
    )
    await ended
  })
})
