import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { proxyArguments, valuesAt } from "../../../.dagger/src/kubernetes/secret-values.ts"
import { unknownSecrets } from "../../../.dagger/src/status/logs.ts"
import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"
import { Redactor } from "../../../.dagger/src/util/redact.ts"

describe("the Secrets of a pod that are not known yet", () => {
  test.each<[string, string[], Record<string, string> | undefined, string[]]>([
    ["it has none", [], undefined, []],
    ["they are in the namespace already", ["shop-secrets", "other"], undefined, ["shop-secrets", "other"]],
    ["its own was given, and is called by its content", ["shop-secrets-0a1b", "other"], { KEY: "value" }, ["other"]],
    ["one is called alike", ["shop-secretsother"], { KEY: "value" }, ["shop-secretsother"]],
  ])("%s", (_, names, secrets, expected) => {
    const { items } = Snapshot.parse({
      items: [{ kind: "Pod", metadata: { name: "a", uid: "a" }, spec: { secrets: names }, status: {} }],
    })
    expect(unknownSecrets(items[0] as never, new Redactor([], secrets && "shop-secrets-"))).toEqual(expected)
  })
})

test("the proxy lets nothing be read but these Secrets", () => {
  const args = proxyArguments("/0a1b/", "shop", ["a.b", "c"])
  expect(args).toContain("--accept-paths=^/api/v1/namespaces/shop/secrets/a\\.b$,^/api/v1/namespaces/shop/secrets/c$")
  expect(args).toContain("--reject-methods=^[^G]")
})

describe("the values of a Secret", () => {
  const answers: Record<string, [number, object]> = {
    "/it": [
      200,
      { data: { a: Buffer.from("one").toString("base64"), b: Buffer.from("zwei…").toString("base64"), c: "" } },
    ],
    "/empty": [200, {}],
    "/forbidden": [403, {}],
  }
  const server = createServer((request, answer) => {
    const [status, body] = answers[request.url!] ?? [404, {}]
    answer.writeHead(status).end(JSON.stringify(body))
  })
  const url = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  beforeAll(() => new Promise<void>(resolve => void server.listen(0, "127.0.0.1", resolve)))
  afterAll(() => void server.close())

  test.each([
    ["/it", ["one", "zwei…"]],
    ["/empty", []],
    ["/not-there", []],
  ])("%s", async (path, expected) => {
    expect(await valuesAt(url(path))).toEqual(expected)
  })

  test("one that may not be read is an error: its values would stay in the log", async () => {
    await expect(valuesAt(url("/forbidden"))).rejects.toThrow(/status 403/)
  })
})
