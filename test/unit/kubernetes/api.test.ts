import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { z } from "zod"

import { Api, proxyArguments } from "../../../.dagger/src/kubernetes/api.ts"

const Named = z.object({ metadata: z.object({ name: z.string() }) })
const pod = (name: string) => ({ metadata: { name } })

interface Answer {
  status: number
  body: unknown
  date?: string
}

describe("reading over one connection", () => {
  const asked: string[] = []
  const accepted: (string | undefined)[] = []
  let answers: Record<string, Answer[]> = {}
  const server = createServer(({ url = "", headers }, response) => {
    asked.push(url)
    accepted.push(headers.accept)
    const queue = answers[url.split("?")[0]!] ?? []
    const { status, body, date } = (queue.length > 1 ? queue.shift() : queue[0]) ?? { status: 404, body: {} }
    if (date) response.setHeader("date", date)
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body))
  })
  let api: Api
  beforeEach(async () => {
    asked.length = 0
    await new Promise<void>(resolve => void server.listen(0, "127.0.0.1", resolve))
    api = Api.at(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, "shop")
  })
  afterEach(() => void server.close())
  const PODS = "/api/v1/namespaces/shop/pods"

  test("an object, or nothing if it does not exist", async () => {
    answers = { [`${PODS}/a`]: [{ status: 200, body: pod("a") }] }
    expect(await api.get("pods", "a", Named)).toEqual(pod("a"))
    expect(await api.get("pods", "b", Named)).toBeUndefined()
  })

  test("a list, by labels", async () => {
    answers = { [PODS]: [{ status: 200, body: { items: [pod("a"), pod("b")] } }] }
    expect(await api.list("pods", Named, { app: "web", tier: "front end" })).toEqual([pod("a"), pod("b")])
    expect(asked).toEqual([`${PODS}?labelSelector=app%3Dweb%2Ctier%3Dfront%20end`])
  })

  test.each([[null], [[{ metadata: { name: "a", labels: { app: "web" } } }]]])("metadata alone: %j", async items => {
    answers = { [PODS]: [{ status: 200, body: { items } }] }
    const found = await api.listMetadata("pods", { app: "web" })
    expect(found).toEqual(items ? [{ name: "a", labels: { app: "web" }, annotations: {} }] : [])
    expect(accepted.at(-1)).toBe("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
  })

  test("a log, or nothing of a container that has not started", async () => {
    answers = {
      [`${PODS}/a/log`]: [{ status: 200, body: "one\ntwo\n" }],
      [`${PODS}/b/log`]: [{ status: 400, body: { message: "waiting to start: ContainerCreating" } }],
    }
    expect(await api.log("a", { tailLines: "25" })).toBe("one\ntwo\n")
    expect(await api.log("b")).toBeUndefined()
    expect(asked[0]).toBe(`${PODS}/a/log?tailLines=25`)
  })

  test("there are no nodes if the caller may not read them", async () => {
    answers = { "/api/v1/nodes": [{ status: 403, body: { message: "nodes is forbidden" } }] }
    expect(await api.nodes(Named)).toEqual([])
  })

  test("an API server that is overloaded, restarts or has just started is asked again", async () => {
    const refusals: Record<string, Answer> = {
      overloaded: { status: 429, body: { message: "too many requests" } },
      restarting: { status: 502, body: "dial tcp: connect: connection refused" },
      "without-roles": { status: 403, body: { message: 'RBAC: role "x" not found' } },
    }
    answers = Object.fromEntries(
      Object.entries(refusals).map(([name, refusal]) => [
        `${PODS}/${name}`,
        [refusal, { status: 200, body: pod(name) }],
      ]),
    )
    const found = await Promise.all(Object.keys(refusals).map(name => api.get("pods", name, Named)))
    expect(found).toEqual(Object.keys(refusals).map(pod))
  })

  test("a missing permission is an error at once, in the API server's words", async () => {
    answers = { [PODS]: [{ status: 403, body: { message: 'pods is forbidden: User "me" cannot list' } }] }
    await expect(api.list("pods", Named)).rejects.toMatchObject({
      code: "KUBECTL_FAILED",
      why: 'pods is forbidden: User "me" cannot list',
    })
    expect(asked).toHaveLength(1)
  })

  test("the clock is the cluster's", async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString()
    answers = { [PODS]: [{ status: 200, body: { items: [] }, date }] }
    expect(Math.abs((await api.now()) - Date.parse(date))).toBeLessThan(2_000)
  })
})

describe("the proxy", () => {
  const args = proxyArguments("/0a1b/", "shop.dev")
  const paths = args
    .find(arg => arg.startsWith("--accept-paths="))!
    .split("=")[1]!
    .split(",")
  const isRead = (path: string) => paths.some(pattern => new RegExp(pattern).test(path))

  test("passes on GETs alone", () => {
    expect(args).toContain("--reject-methods=^[^G]")
    expect(args).toContain("--api-prefix=/0a1b/")
  })
  test.each(["pods", "pods/a", "pods/a/log", "secrets/app-secrets", "events"])("passes on %s", path => {
    expect(isRead(`/api/v1/namespaces/shop.dev/${path}`)).toBe(true)
  })
  test.each([
    "/api/v1/namespaces/other/pods",
    "/api/v1/namespaces/shop-dev/pods",
    "/api/v1/pods",
    "/api/v1/secrets",
    "/api/v1/namespaces/shop.dev/pods/a/exec",
    "/api/v1/namespaces/shop.dev/serviceaccounts/a/token",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/shop.dev/roles",
  ])("refuses %s", path => {
    expect(isRead(path)).toBe(false)
  })
})
