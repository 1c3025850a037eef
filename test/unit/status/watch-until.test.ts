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

/** An API server with Jobs; `refused`: the collections that may not be watched. */
class Cluster {
  jobs: object[] = []
  lists = 0
  readonly watches: { collection: string; answer: ServerResponse }[] = []
  readonly queries = new Set<string>()
  private kubectl!: Kubectl

  static async start(
    onTestFinished: TestContext["onTestFinished"],
    { refused = [] as string[], unanswered = [] as string[] } = {},
  ): Promise<Cluster> {
    const cluster = new Cluster()
    const server = createServer(({ url = "" }, answer) => {
      const [, collection = "", query = ""] = /\/(\w+)(?:\?(.*))?$/.exec(url) ?? []
      if (query) {
        cluster.queries.add(query)
        cluster.watches.push({ collection, answer })
        if (refused.includes(collection)) return answer.writeHead(403).end("{}")
        return unanswered.includes(collection) ? undefined : answer.flushHeaders()
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
  async until(names: string, timeout = 10): Promise<string[]> {
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
    while (this.watches.length < COLLECTIONS || this.of("jobs").length < count) await sleep(5)
  }

  send(type: string, object: object, collection = "jobs"): void {
    this.of(collection)
      .at(-1)!
      .answer.write(`${JSON.stringify({ type, object })}\n`)
  }

  of(collection: string) {
    return this.watches.filter(watch => watch.collection === collection)
  }
}

describe.concurrent("a namespace that is watched", () => {
  test("is as its events say, and what is decided was seen in a list", async ({ expect, onTestFinished }) => {
    const cluster = await Cluster.start(onTestFinished)
    cluster.jobs = [job("a")]
    const ended = cluster.until("b")
    await cluster.watched()
    expect(cluster.lists).toBe(1)
    cluster.send("ADDED", job("b"))
    await sleep(100)
    cluster.send("DELETED", job("a"))
    // The API server's own list does not say so yet.
    while (cluster.lists === 1) await sleep(5)
    cluster.jobs = [job("b")]
    const seen = await ended
    expect(seen).toContain("a,b")
    expect(seen.at(-1)).toBe("b")
    expect([...cluster.queries]).toEqual(["watch=1&resourceVersion=7"])
  })

  test("is listed again after two seconds, since a stream may hang while others do not", async ({
    expect,
    onTestFinished,
  }) => {
    const cluster = await Cluster.start(onTestFinished, { unanswered: ["jobs"] })
    const ended = cluster.until("late")
    await cluster.watched()
    const noise = setInterval(
      () => cluster.send("ADDED", { metadata: { name: "p", uid: "p" }, status: {} }, "pods"),
      20,
    )
    onTestFinished(() => clearInterval(noise))
    cluster.jobs = [job("late")]
    expect((await ended).at(-1)).toBe("late")
    expect(cluster.lists).toBe(2)
  })

  test.for<[string, (cluster: Cluster) => void]>([
    ["breaks", cluster => void cluster.of("jobs")[0]!.answer.destroy()],
    [
      "says that its version is too old",
      cluster => cluster.send("ERROR", { kind: "Status", code: 410, message: "too old resource version" }),
    ],
  ])("is listed and watched anew once a stream %s", async ([, end], { expect, onTestFinished }) => {
    const cluster = await Cluster.start(onTestFinished)
    const ended = cluster.until("a,b")
    await cluster.watched()
    end(cluster)
    cluster.jobs = [job("a")]
    await cluster.watched(2)
    cluster.send("ADDED", job("b"))
    while (cluster.lists === 2) await sleep(5)
    cluster.jobs = [job("a"), job("b")]
    const seen = await ended
    expect(seen.indexOf("a")).toBeGreaterThan(-1)
    expect(seen.indexOf("a,b")).toBeGreaterThan(seen.indexOf("a"))
  })

  test("is listed twice a second where not all of it may be watched, whatever happens in the rest", async ({
    expect,
    onTestFinished,
  }) => {
    const cluster = await Cluster.start(onTestFinished, { refused: ["pods"] })
    const ended = cluster.until("a")
    await sleep(1300)
    expect(cluster.lists).toBeLessThan(5)
    expect(cluster.of("jobs").length).toBe(1)
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
