import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"

import { assertLeadsOut, readWhoAmI } from "../../../.dagger/src/kubernetes/connection-errors.ts"

const CASES = join(import.meta.dirname, "cases/connection-errors")
const PLACE = { url: "https://10.0.0.1:6443", host: "10.0.0.1" }

describe("what keeps kubectl from the API server: a folder per case, in cases/connection-errors", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const read = (file: string) => readFileSync(join(CASES, name, file), "utf8").trimEnd()
    expect(outcome({ exitCode: 1, stdout: "", stderr: `${read("stderr.txt")}\n` })).toBe(read("expected.txt"))
  })

  test("nothing: whom it takes the caller for", () => {
    expect(outcome({ exitCode: 0, stdout: "system:serviceaccount:shop:deployer", stderr: "" })).toBe(
      "reached, as system:serviceaccount:shop:deployer",
    )
  })
})

describe("an address that leads a container to itself", () => {
  test.each([
    ["https://127.0.0.1:6443", "tcp://127.0.0.1:6443"],
    ["https://localhost", "tcp://127.0.0.1:443"],
    ["https://0.0.0.0:45001", "tcp://127.0.0.1:45001"],
    ["https://[::1]:6443", "tcp://127.0.0.1:6443"],
  ])("%s is refused, with the fix", (url, apiServer) => {
    expect(() => assertLeadsOut({ url })).toThrow(`add --api-server=${apiServer}`)
    expect(() => assertLeadsOut({ url }, {})).not.toThrow()
  })

  test("of a proxy is refused; behind a proxy elsewhere, the server may have any address", () => {
    const url = "https://127.0.0.1:6443"
    expect(() => assertLeadsOut({ url, proxyUrl: "socks5://localhost:1080" })).toThrow(/the kubeconfig's proxy-url/)
    expect(() => assertLeadsOut({ url, proxyUrl: "http://proxy.example.com:3128" })).not.toThrow()
  })

  test.each(["https://10.0.0.1:6443", "https://localhost.example.com", "https://k8s.example.com"])(
    "%s is none",
    url => {
      expect(() => assertLeadsOut({ url })).not.toThrow()
    },
  )
})

/** The message without kubectl's own words, which are the input. */
function outcome(answer: Parameters<typeof readWhoAmI>[0]): string {
  try {
    return `reached, as ${readWhoAmI(answer, PLACE)}`
  } catch (error) {
    return (error as Error).message
      .split("\n")
      .filter(line => !line.startsWith("  "))
      .join("\n")
  }
}
