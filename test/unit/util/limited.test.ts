import { setImmediate } from "node:timers/promises"

import { describe, expect, test } from "vitest"

import { applicationsOf, byApplication } from "../../../.dagger/src/config/applications.ts"
import { Config } from "../../../.dagger/src/config/schema.ts"
import { limited } from "../../../.dagger/src/util/limited.ts"

const config = Config.parse({ applications: { worker: {}, events: {}, mcp: {}, admin: {} } })
const six = Object.keys(applicationsOf(config))

/** Works of these names that end when they are told to, and how many were under way at once. */
function works(width?: number) {
  const limit = limited(width)
  const begun: string[] = []
  const open = new Map<string, () => void>()
  let most = 0
  const begin = (name: string) =>
    limit(async () => {
      begun.push(name)
      await new Promise<void>(resolve => {
        open.set(name, resolve)
        most = Math.max(most, open.size)
      })
      if (name === "mcp") throw new Error(name)
      return `${name}'s`
    })
  const end = async (name: string) => {
    await setImmediate()
    open.get(name)!()
    open.delete(name)
    await setImmediate()
  }
  return { begin, begun, end, most: () => most }
}

describe("six applications", () => {
  test("are done two at a time, each begun when another ends, also by failing", async () => {
    const { begin, begun, end, most } = works(2)
    const all = Promise.allSettled(six.map(begin))
    await setImmediate()
    expect(begun).toEqual(["backend", "frontend"])
    await end("frontend")
    expect(begun).toEqual(["backend", "frontend", "worker"])
    for (const name of ["worker", "backend", "mcp", "events", "admin"]) await end(name)
    expect((await all).map(({ status }) => status === "fulfilled")).toEqual([true, true, true, true, false, true])
    expect([begun, most()]).toEqual([six, 2])
  })

  test("have their results by name, whichever ended first", async () => {
    const { begin, end } = works(6)
    const names = six.filter(name => name !== "mcp")
    const all = Promise.all(names.map(begin))
    for (const name of names.toReversed()) await end(name)
    const { applications } = config
    const others = Object.fromEntries(Object.entries(applications).filter(([name]) => name !== "mcp"))
    expect(byApplication({ ...config, applications: others }, await all)).toEqual({
      backend: "backend's",
      frontend: "frontend's",
      worker: "worker's",
      events: "events's",
      admin: "admin's",
    })
  })

  test("are more than any machine does at once, and two are not", async () => {
    const { begin, begun } = works()
    void Promise.allSettled(six.map(begin))
    await setImmediate()
    expect(begun.length).toBeGreaterThanOrEqual(2)
    expect(begun.length).toBeLessThanOrEqual(4)
  })
})
