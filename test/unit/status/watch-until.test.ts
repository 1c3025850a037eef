import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, test, type TestContext } from "vitest"

import { Api } from "../../../.dagger/src/kubernetes/api.ts"
import type { Kubectl } from "../../../.dagger/src/kubernetes/kubectl.ts"
import { only, type Snapshot } from "../../../.dagger/src/status/snapshot.ts"
import { watchUntil } from "../../../.dagger/src/status/watch-until.ts"
import { Redactor } from "../../../.dagger/src/util/redact.ts"

const COLLECTIONS = 6

const job = (name: string) => ({ metadata: { name, uid: `of ${name}` }, spec: { template: {} }, status: {} })

/** An API server with Jobs; `mayWatch`: with what status it answers to watches. */
class Cluster {
  jobs: object[] = []
  lists = 0
  readonly watches: { collection: string; answer: ServerResponse }[] = []
  readonly queries = new Set<string>()
  private kubectl!: Kubectl

  static async start(onTestFinished: TestContext["onTestFinished"], mayWatch = 200): Promise<Cluster> {
    const cluster = new Cluster()
    const server = createServer(({ url = "" }, answer) => {
      const [, collection = "", query = ""] = /\/(\w+)(?:\?(.*))?$/.exec(url) ?? []
      if (query) {
        cluster.queries.add(query)
        cluster.watches.push({ collection, answer })
        return mayWatch === 200 ? answer.flushHeaders() : answer.writeHead(mayWatch).end("{}")
      }
      if (collection === "jobs") cluster.lists++
      const items = collection === "jobs" ? cluster.jobs : []
      answer.end(JSON.stringify({ metadata: { resourceVersion: "7" }, items }))
    })
    await new Promise<void>(resolve => void server.listen(0, "127.0.0.1", resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const api = Api.at(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, "shop")
    cluster.kubectl = { api: async () => api } as unknown as Kubectl
    return cluster
  }

  /** Wait for the Jobs of these names; answers with all that were looked at. */
  async until(names: string, timeout = 5): Promise<string[]> {
    const seen: string[] = []
    const look = async (snapshot: Snapshot) => {
      seen.push(
        only(snapshot, "Job")
          .map(({ metadata }) => metadata.name)
          .join(),
      )
      return seen.at(-1) === names || undefined
    }
    await watchUntil(this.kubectl, new Redactor([]), "the jobs", timeout, look, {})
    return seen
  }

  /** Resolves once all is watched, the Jobs for so many times. */
  async watched(count = 1): Promise<void> {
    while (this.watches.length < COLLECTIONS || this.ofJobs.length < count) await sleep(5)
  }

  send(type: string, object: object): void {
    this.ofJobs.at(-1)!.answer.write(`${JSON.stringify({ type, object })}\n`)
  }

  get ofJobs() {
    return this.watches.filter(({ collection }) => collection === "jobs")
  }
}

describe.concurrent("a namespace that is watched", () => {
  test("is as its events say, and what is decided was seen at the API server itself", async ({
    expect,
    onTestFinished,
  }) => {
    const cluster = await Cluster.start(onTestFinished)
    cluster.jobs = [job("a")]
    const ended = cluster.until("b")
    await cluster.watched()
    const listed = cluster.lists
    cluster.send("ADDED", job("b"))
    await sleep(50)
    cluster.send("DELETED", job("a"))
    // The API server itself does not know of it yet.
    while (cluster.lists === listed) await sleep(5)
    cluster.jobs = [job("b")]
    const seen = await ended
    expect(seen).toContain("a,b")
    expect(seen.at(-1)).toBe("b")
    expect([...cluster.queries]).toEqual(["watch=1&resourceVersion=7"])
  })

  test("is asked for where all is silent, since the API server may be away", async ({ expect, onTestFinished }) => {
    const cluster = await Cluster.start(onTestFinished)
    const ended = cluster.until("late")
    await cluster.watched()
    cluster.jobs = [job("late")]
    expect((await ended).at(-1)).toBe("late")
  })

  test("is watched anew after a break, from a new list", async ({ expect, onTestFinished }) => {
    const cluster = await Cluster.start(onTestFinished)
    const ended = cluster.until("a,b")
    await cluster.watched()
    cluster.ofJobs[0]!.answer.destroy()
    cluster.jobs = [job("a")]
    await cluster.watched(2)
    cluster.jobs = [job("a"), job("b")]
    cluster.send("ADDED", job("b"))
    expect(await ended).toContain("a")
  })

  test("is watched anew where its version is too old, which is no object", async ({ expect, onTestFinished }) => {
    const cluster = await Cluster.start(onTestFinished)
    const ended = cluster.until("a,b")
    await cluster.watched()
    cluster.send("ERROR", { kind: "Status", code: 410, message: "too old resource version" })
    cluster.jobs = [job("a")]
    await cluster.watched(2)
    cluster.jobs = [job("a"), job("b")]
    cluster.send("ADDED", job("b"))
    expect((await ended).at(-1)).toBe("a,b")
  })

  test("is asked for twice a second where the user may not watch", async ({ expect, onTestFinished }) => {
    const cluster = await Cluster.start(onTestFinished, 403)
    const ended = cluster.until("a")
    while (cluster.lists === 0) await sleep(5)
    cluster.jobs = [job("a")]
    expect((await ended).at(-1)).toBe("a")
  })

  test("is watched no longer than is waited, and what does not come is named", async ({ expect, onTestFinished }) => {
    const cluster = await Cluster.start(onTestFinished)
    const ended = cluster.until("never", 0.3)
    await expect(ended).rejects.toMatchObject({
      code: "TIMED_OUT",
      why: "after 0.3 s, still waiting for the jobs",
    })
    while (cluster.watches.some(({ answer }) => !answer.destroyed)) await sleep(5)
  })
})
