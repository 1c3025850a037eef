import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"

import { assertLeadsOut, connectionError, readWhoAmI } from "../../../.dagger/src/kubernetes/connection-errors.ts"
import type { ConnectionFailure } from "../../../.dagger/src/kubernetes/connection-failure.ts"
import type { CloudNativeError } from "../../../.dagger/src/util/errors.ts"

const CASES = join(import.meta.dirname, "cases/connection-errors")
const PLACE = { url: "https://10.0.0.1:6443", host: "10.0.0.1" }

describe("what keeps kubectl from the API server: a folder per case, in cases/connection-errors", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const read = (file: string) => readFileSync(join(CASES, name, file), "utf8").trimEnd()
    const answer = { exitCode: 1, stdout: "", stderr: `${read("stderr.txt")}\n` }
    expect(outcome(answer)).toEqual(JSON.parse(read("expected.json")))
  })

  test("nothing: the user that the API server sees", () => {
    const stdout = "system:serviceaccount:shop:deployer"
    expect(outcome({ exitCode: 0, stdout, stderr: "" })).toEqual({ user: stdout })
  })
})

/** The code and a part of the remedy of each kind; a kind without them does not compile. */
const REMEDIES: { [K in ConnectionFailure["kind"]]: [code: string, remedy: string] } = {
  CertificateExpired: ["CLUSTER_UNTRUSTED", "renew the certificate"],
  ConnectionClosed: ["CLUSTER_UNREACHABLE", "no proxy or firewall closes the connection"],
  CredentialPluginFailed: ["CREDENTIALS_REFUSED", "the token of a service account"],
  CredentialsRefused: ["CREDENTIALS_REFUSED", "token or certificate has expired"],
  InvalidCertificateData: ["KUBECONFIG_INVALID", "PEM in base64"],
  NoCredentials: ["CREDENTIALS_REFUSED", "a user with a token or a certificate"],
  NoRoute: ["CLUSTER_UNREACHABLE", "connect to its network (VPN)"],
  NoTls: ["CLUSTER_UNREACHABLE", "address and port in the kubeconfig"],
  Refused: ["CLUSTER_UNREACHABLE", "start the cluster"],
  TimedOut: ["CLUSTER_UNREACHABLE", "VPN, firewall"],
  UnknownAuthority: ["CLUSTER_UNTRUSTED", "certificate-authority-data"],
  UnknownHost: ["CLUSTER_UNREACHABLE", "--api-server=tcp://HOST:PORT"],
  Unrecognized: ["CLUSTER_UNREACHABLE", "what kubectl names above"],
  WrongCertificateName: ["CLUSTER_UNTRUSTED", "tls-server-name"],
}

test.each(Object.entries(REMEDIES) as [ConnectionFailure["kind"], [string, string]][])(
  "the error of %s has its kind, its code and its remedy",
  (kind, [code, remedy]) => {
    const error = connectionError({ kind, message: "what kubectl says" }, PLACE)
    expect(error).toMatchObject({
      kind,
      code,
      why: "what kubectl says",
      fix: expect.stringContaining(remedy) as string,
    })
  },
)

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

/** The user, or the error as data, without kubectl's own words, which are the input. */
function outcome(answer: Parameters<typeof readWhoAmI>[0]): object {
  try {
    return { user: readWhoAmI(answer, PLACE) }
  } catch (error) {
    const { code, kind, what, fix } = error as CloudNativeError
    return { code, kind, what, fix }
  }
}
