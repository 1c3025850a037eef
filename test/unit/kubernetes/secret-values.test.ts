import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { Api } from "../../../.dagger/src/kubernetes/api.ts"
import { readSecret, secretValues } from "../../../.dagger/src/kubernetes/secret-values.ts"

describe("the values of a Secret", () => {
  const base64 = (text: string) => Buffer.from(text).toString("base64")
  const answers: Record<string, [number, object]> = {
    it: [200, { data: { a: base64("one"), b: base64("zwei…"), c: "" } }],
    empty: [200, {}],
    forbidden: [403, { message: "secrets is forbidden" }],
  }
  const server = createServer((request, answer) => {
    const [status, body] = answers[request.url!.replace("/api/v1/namespaces/shop/secrets/", "")] ?? [404, {}]
    answer.writeHead(status).end(JSON.stringify(body))
  })
  beforeAll(() => new Promise<void>(resolve => void server.listen(0, "127.0.0.1", resolve)))
  afterAll(() => void server.close())
  const kubectl = {
    api: () => Promise.resolve(Api.at(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, "shop")),
  }

  test("are those of the Secrets that exist, decoded", async () => {
    expect(await secretValues(kubectl, ["it", "empty", "missing"])).toEqual(["one", "zwei…"])
  })
  test("are read by key", async () => {
    expect(await readSecret(kubectl, "it")).toEqual({ a: "one", b: "zwei…", c: "" })
  })
  test("are an error if they may not be read, unless the caller can do without", async () => {
    await expect(readSecret(kubectl, "forbidden")).rejects.toThrow("status 403")
    expect(await readSecret(kubectl, "forbidden", [403, 404])).toBeUndefined()
  })
})
