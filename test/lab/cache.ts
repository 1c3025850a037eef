import { createHash, randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, rename, rm } from "node:fs/promises"
import { connect, createServer, type Server, type Socket } from "node:net"
import { homedir } from "node:os"
import { dirname, join } from "node:path"

import { say } from "./progress.ts"

/** A place in the project's cache, which all clones of one user share. */
export function cachePath(...parts: string[]): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "cloud-native", ...parts)
}

/**
 * Runs `body` while no other process of this machine runs one of the same name.
 * The lock is a listening socket in Linux' abstract namespace: the kernel drops it
 * when its process dies, however it dies, so no lock is ever left behind.
 */
export async function withLock<T>(name: string, body: () => Promise<T>): Promise<T> {
  const address = "\0cloud-native-" + createHash("sha256").update(cachePath(name)).digest("hex").slice(0, 32)
  const waiting = new Set<Socket>()
  const server = await acquire(name, address, waiting)
  try {
    return await body()
  } finally {
    server.close()
    for (const socket of waiting) socket.destroy()
  }
}

async function acquire(name: string, address: string, waiting: Set<Socket>): Promise<Server> {
  for (;;) {
    const server = createServer(socket => {
      waiting.add(socket)
      socket.on("error", () => {}).on("close", () => waiting.delete(socket))
    })
    const taken = await new Promise<boolean>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) =>
        error.code === "EADDRINUSE" ? resolve(true) : reject(error),
      )
      server.listen(address, () => resolve(false))
    })
    if (!taken) return server
    const patience = setTimeout(() => say(`waiting for another process that is at it: ${name}`), 3_000)
    // The holder's end of this connection closes when it lets go.
    await new Promise<void>(resolve =>
      connect(address)
        .on("error", () => {})
        .on("close", () => resolve())
        .resume(),
    )
    clearTimeout(patience)
  }
}

/** Makes a file or folder of the cache once. An interrupted attempt leaves nothing under the final name. */
export async function makeOnce(path: string, make: (temporary: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) return path
  return withLock(path, async () => {
    if (existsSync(path)) return path
    await mkdir(dirname(path), { recursive: true })
    const temporary = `${path}.${randomBytes(4).toString("hex")}.part`
    try {
      await make(temporary)
      await rename(temporary, path)
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
    return path
  })
}
