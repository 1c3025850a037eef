import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"

import { makeOnce, withLock } from "../../lab/cache.ts"

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-cache-"))
  vi.stubEnv("XDG_CACHE_HOME", folder)
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

const root = join(import.meta.dirname, "..", "..", "..")

/** Runs TypeScript in a process of its own, up to its first line of output. */
async function program(code: string) {
  const file = join(folder, `program-${Math.random()}.mts`)
  await writeFile(file, code)
  const child = spawn(process.execPath, [join(root, "node_modules/tsx/dist/cli.mjs"), file], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  })
  await new Promise(resolve => child.stdout.once("data", resolve))
  return { kill: () => process.kill(-(child.pid ?? 0), "SIGKILL") }
}

describe("withLock", () => {
  it("lets one in at a time, whatever their order, and different names at once", async () => {
    const events: string[] = []
    const visit = (lock: string, who: string) =>
      withLock(lock, async () => {
        events.push(`${who} in`)
        await new Promise(resolve => setTimeout(resolve, 20))
        events.push(`${who} out`)
      })
    await Promise.all([visit("a", "1"), visit("a", "2"), visit("a", "3")])
    for (let index = 0; index < events.length; index += 2)
      expect(events[index + 1]).toBe(events[index]?.replace("in", "out"))

    events.length = 0
    await Promise.all([visit("a", "1"), visit("b", "2")])
    expect(events.slice(0, 2).sort()).toEqual(["1 in", "2 in"])
  })

  it("is free again when its holder failed, and when it was killed", async () => {
    await expect(withLock("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no")

    const holder = await program(`
      import { withLock } from ${JSON.stringify(join(root, "test/lab/cache.ts"))}
      await withLock("a", async () => { console.log("held"); await new Promise(resolve => setTimeout(resolve, 60_000)) })
    `)
    let entered = false
    const visit = withLock("a", async () => void (entered = true))
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(entered).toBe(false)
    holder.kill()
    await visit
    expect(entered).toBe(true)
  })
})

describe("makeOnce", () => {
  it("leaves nothing of a failed attempt, makes it at the next, and then never again", async () => {
    const path = join(folder, "made", "thing")
    const half = makeOnce(path, async temporary => {
      await writeFile(temporary, "half")
      throw new Error("interrupted")
    })
    await expect(half).rejects.toThrow("interrupted")
    expect(await readdir(join(folder, "made"))).toEqual([])

    let times = 0
    const make = async (temporary: string) => {
      times++
      await writeFile(temporary, "whole")
    }
    await Promise.all([makeOnce(path, make), makeOnce(path, make)])
    expect(await readFile(path, "utf8")).toBe("whole")
    expect(times).toBe(1)
  })
})

describe("guard", () => {
  it("runs its command when the process is killed, unless it was called off", async () => {
    const calledOff = join(folder, "called-off")
    const kept = join(folder, "kept")
    const guarded = await program(`
      import { guard } from ${JSON.stringify(join(root, "test/lab/reaper.ts"))}
      guard("touch", ${JSON.stringify(calledOff)})()
      guard("touch", ${JSON.stringify(kept)})
      console.log("guarded")
      setInterval(() => {}, 1000)
    `)
    expect(existsSync(kept)).toBe(false)
    guarded.kill()
    await vi.waitFor(() => expect(existsSync(kept)).toBe(true), { timeout: 10_000 })
    expect(existsSync(calledOff)).toBe(false)
  })
})
