import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

import { afterEach, beforeEach, expect, test } from "vitest"

import { Api } from "../../../.dagger/src/kubernetes/api.ts"
import type { Kubectl } from "../../../.dagger/src/kubernetes/kubectl.ts"
import { only, type Snapshot } from "../../../.dagger/src/status/snapshot.ts"
import { watchUntil } from "../../../.dagger/src/status/watch-until.ts"
import { Redactor } from "../../../.dagger/src/util/redact.ts"

interface Job {
  metadata: { name: string; uid: string }
  spec: object
  status: object
}
const job = (name: string, status: object = {}): Job => ({
  metadata: { name, uid: `of ${name}` },
  spec: { template: {} },
  status,
})

/** An API server: what it lists, how it answers watches, and what it was asked. */
let server: ReturnType<typeof createServer>
let kubectl: Kubectl
let jobs: Job[]
let watches: Record<string, ServerResponse[]>
let lists: number
let refusal: number | undefined

beforeEach(async () => {
  ;[jobs, watches, lists, refusal] = [[], {}, 0, undefined]
  server = createServer(({ url = "" }, answer) => {
    const [, collection = "", query = ""] = /\/(\w+)(?:\?(.*))?$/.exec(url) ?? []
    if (!query.startsWith("watch")) {
      if (collection === "jobs") lists++
      return answer.end(
        JSON.stringify({ metadata: { resourceVersion: "7" }, items: collection === "jobs" ? jobs : [] }),
      )
    }
    expect(query).toBe("watch=1&resourceVersion=7")
    if (refusal) return answer.writeHead(refusal).end("{}")
    answer.flushHeaders()
    ;(watches[collection] ??= []).push(answer)
  })
  await new Promise<void>(resolve => void server.listen(0, "127.0.0.1", resolve))
  const api = Api.at(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, "shop")
  kubectl = { api: async () => api } as unknown as Kubectl
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const send = (type: string, object: object) => watches.jobs!.at(-1)!.write(`${JSON.stringify({ type, object })}\n`)
const names = (snapshot: Snapshot) => only(snapshot, "Job").map(({ metadata }) => metadata.name)
/** Waits for a snapshot that fits; answers with all that were looked at. */
async function until(fits: (snapshot: Snapshot) => boolean, timeout = 5): Promise<string[][]> {
  const seen: string[][] = []
  await watchUntil(
    kubectl,
    new Redactor([]),
    "the jobs",
    timeout,
    async snapshot => {
      seen.push(names(snapshot))
      return fits(snapshot) || undefined
    },
    {},
  )
  return seen
}
const watched = async (count = 1) => {
  while ((watches.jobs?.length ?? 0) < count || Object.keys(watches).length < 6) await sleep(5)
}

test("events keep what is looked at current, and what is decided was seen at the API server itself", async () => {
  jobs = [job("a")]
  const ended = until(snapshot => names(snapshot).join() === "b")
  await watched()
  await sleep(20)
  const listed = lists
  send("ADDED", job("b"))
  await sleep(20)
  send("DELETED", job("a"))
  // The API server itself does not know of it yet.
  await sleep(50)
  expect(lists).toBe(listed + 1)
  jobs = [job("b")]
  const seen = await ended
  expect(seen).toContainEqual(["a", "b"])
  expect(seen.at(-1)).toEqual(["b"])
})

test("where all is silent, it is asked whether the API server still answers", async () => {
  const ended = until(snapshot => names(snapshot).join() === "late")
  await watched()
  jobs = [job("late")]
  expect((await ended).at(-1)).toEqual(["late"])
})

test("a stream that breaks is followed anew, from a new list", async () => {
  const ended = until(snapshot => names(snapshot).join() === "a,b")
  await watched()
  watches.jobs![0]!.destroy()
  jobs = [job("a")]
  await watched(2)
  jobs = [job("a"), job("b")]
  send("ADDED", job("b"))
  expect(await ended).toContainEqual(["a"])
})

test("a version that is too old is no object: it is listed anew", async () => {
  const ended = until(snapshot => names(snapshot).join() === "a,b")
  await watched()
  send("ERROR", { kind: "Status", code: 410, message: "too old resource version" })
  jobs = [job("a")]
  await watched(2)
  jobs = [job("a"), job("b")]
  send("ADDED", job("b"))
  expect((await ended).at(-1)).toEqual(["a", "b"])
})

test("a user who may list and not watch is told within half a second", async () => {
  refusal = 403
  const ended = until(snapshot => names(snapshot).join() === "a")
  await sleep(100)
  jobs = [job("a")]
  expect((await ended).at(-1)).toEqual(["a"])
})

test("what never comes is named, once its time is over, and nothing is watched any more", async () => {
  await expect(until(() => false, 0.3)).rejects.toMatchObject({
    code: "TIMED_OUT",
    why: "after 0.3 s, still waiting for the jobs",
  })
  const open = Object.values(watches).flat()
  while (open.some(({ destroyed }) => !destroyed)) await sleep(5)
})
