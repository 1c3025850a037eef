import type { Secret, Service } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { Config } from "../../../.dagger/src/config/schema.js"
import { assertPush, assertSigned } from "../../../.dagger/src/push/arguments.js"
import { refusalOf } from "../../../.dagger/src/push/policy.js"
import { remedyOfPush } from "../../../.dagger/src/push/publish.js"
import { assertAccess, outOfReach } from "../../../.dagger/src/registry/access.js"
import {
  loginFile,
  type RegistryClient,
  registryFailed,
  remedyOf,
  takesNoReferrers,
  ToolFailed,
} from "../../../.dagger/src/registry/client.js"
import {
  attestArgs,
  parseStatements,
  signArgs,
  verifyArgs,
  verifyAttestationArgs,
} from "../../../.dagger/src/registry/cosign.js"
import { attachArgs, manifestArgs, readArchitectures, resolveArgs } from "../../../.dagger/src/registry/oras.js"
import { formatReference, isLoopback, parseReference } from "../../../.dagger/src/registry/reference.js"

const DIGEST = `sha256:${"0a".repeat(32)}`
const secret = {} as Secret
const service = {} as Service

describe("a reference", () => {
  test.each([
    ["ghcr.io/acme/api:1.2", "ghcr.io/acme/api:1.2"],
    ["localhost:5000/shop-backend:1", "localhost:5000/shop-backend:1"],
    ["localhost/api:1", "localhost/api:1"],
    ["acme/api:1.2", "docker.io/acme/api:1.2"],
    ["python:3.13-slim", "docker.io/library/python:3.13-slim"],
    [`ghcr.io/acme/api@${DIGEST}`, `ghcr.io/acme/api@${DIGEST}`],
    [`localhost:5000/api:1@${DIGEST}`, `localhost:5000/api@${DIGEST}`],
  ])("%s is %s", (text, expected) => {
    expect(formatReference(parseReference(text))).toBe(expected)
  })
  test.each([
    "",
    "ghcr.io/acme/api",
    "localhost:5000/api",
    "api:",
    "ghcr.io/acme/api@sha256:123",
    "ghcr.io/Acme Inc/api:1",
    "https://ghcr.io/acme/api:1",
  ])("%j is none that could be released", text => {
    expect(() => parseReference(text)).toThrow("ARGUMENTS_INVALID")
  })
  test.each([
    ["localhost:5000", true],
    ["127.0.0.1:5000", true],
    ["[::1]:5000", true],
    ["localhost.example.com", false],
    ["ghcr.io", false],
    ["10.0.0.1:5000", false],
  ])("%s is another host in every container: %s", (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })
})

describe("access to a registry", () => {
  test.each([
    [
      "a user without a password",
      () => assertAccess({ username: "me" }, "ghcr.io"),
      "--username was given without --password",
    ],
    [
      "a password without a user",
      () => assertAccess({ password: secret }, "ghcr.io"),
      "--password was given without --username",
    ],
    [
      "a service for a registry that has a name",
      () => assertAccess({ service }, "ghcr.io"),
      "--registry-service was given for a registry at ghcr.io",
    ],
    [
      "a key's password without the key",
      () => assertPush("ghcr.io/acme", {}, undefined, secret),
      "--signing-password was given without --signing-key",
    ],
    [
      "a key for a registry out of reach",
      () => assertPush("localhost:5000", {}, secret),
      "--registry-service=tcp://localhost:5000",
    ],
    ["no key, where the policy has one", () => assertSigned("cosign.pub", undefined), "there is no --signing-key"],
  ])("is refused with %s", (_, assert, message) => {
    expect(assert).toThrow(message)
    expect(assert).toThrow("ARGUMENTS_INVALID")
  })
  test("is let pass with all that belongs together", () => {
    assertAccess({ username: "me", password: secret }, "ghcr.io")
    assertAccess({ service }, "localhost:5000")
    assertSigned(undefined, undefined)
    expect(assertPush("localhost:5000/acme", { service }, secret, secret)).toEqual({ key: secret, password: secret })
    expect(assertPush("ghcr.io/acme", {})).toBeUndefined()
  })
  test("a registry of this machine is out of a container's reach, unless it is given as a service", () => {
    expect(outOfReach({}, "localhost:5000")).toContain("--registry-service=tcp://localhost:5000")
    expect(outOfReach({ service }, "localhost:5000")).toBeUndefined()
    expect(outOfReach({}, "ghcr.io")).toBeUndefined()
  })
  test("a login is kept as Docker keeps it", () => {
    expect(JSON.parse(loginFile("ghcr.io", "me", "päss:word"))).toEqual({
      auths: { "ghcr.io": { auth: Buffer.from("me:päss:word").toString("base64") } },
    })
    expect(Object.keys(JSON.parse(loginFile("docker.io", "me", "x")).auths)).toEqual(["https://index.docker.io/v1/"])
  })
})

describe("what a tool says", () => {
  test.each([
    ["unauthorized: authentication required", "--username and --password"],
    ["failed to resolve digest: basic credential not found", "--username and --password"],
    ["response status code 403: Forbidden", "--username and --password"],
    ["localhost:5000/nope:1: not found", "no such image"],
    ["dial tcp 127.0.0.1:1: connect: connection refused", "is up and can be reached"],
    ["signing digest: getting signer: reading key: decrypt: encrypted: decryption failed", "--signing-password"],
    ["signing digest: getting signer: reading key: unsupported pem type: RSA PRIVATE KEY", "--signing-key"],
    ["no answer within 120 s", "is up and can be reached"],
  ])("%s: the way out", (output, fix) => {
    expect(remedyOf(output)).toContain(fix)
  })
  test.each([
    [
      'Error response from registry: recognizable error message not found: PUT "https://r/v2/a/manifests/sha256:1": response status code 405: Method Not Allowed',
      true,
    ],
    ['PUT "https://r/v2/a/manifests/sha256:1": response status code 400: Bad Request', true],
    ["Error response from registry: manifest invalid: manifest invalid", true],
    ["Error response from registry: unsupported: The operation is unsupported.", true],
    ['POST "https://r/v2/a/blobs/uploads/": response status code 400: Bad Request', false],
    ['PUT "https://r/v2/a/manifests/sha256:1": response status code 403: Forbidden', false],
    ['PUT "https://r/v2/a/manifests/sha256:1": response status code 500: Internal Server Error', false],
    ["unauthorized: authentication required", false],
    ["no answer within 120 s", false],
    ["", false],
  ])("%j: the registry takes no attachments: %s", (output, expected) => {
    expect(takesNoReferrers(new ToolFailed(1, output))).toBe(expected)
  })
  test("is not said by any other error: manifest invalid", () => {
    expect(takesNoReferrers(new TypeError("manifest invalid"))).toBe(false)
  })
  test("becomes an error about the registry; any other error stays what it is", () => {
    expect(registryFailed("it cannot be found", new ToolFailed(1, "not found"))).toMatchObject({
      code: "REGISTRY_FAILED",
      what: "it cannot be found",
      why: "not found",
    })
    const other = new TypeError("a bug")
    expect(registryFailed("it cannot be found", other)).toBe(other)
  })
})

describe("what cosign finds wrong with an image", () => {
  // As v3.1.3 says it.
  test.each([
    ["Error: no signatures found", "it is not signed"],
    [
      "Error: no matching attestations: failed to verify signature: could not verify envelope: accepted signatures do not match threshold, Found: 0, Expected 1",
      "its signature is of another key than the policy's",
    ],
    [
      "Error: no matching signatures: invalid signature when validating ASN.1 encoded signature",
      "its signature is of another key than the policy's",
    ],
    [
      "Error: no matching attestations: \nerror during command execution: no matching attestations: ",
      "no statement that is signed with the policy's key is attached to it",
    ],
    [
      "Error: none of the attestations matched the predicate type: https://slsa.dev/provenance/v1, found: https://sigstore.dev/cosign/sign/v1",
      "no statement that is signed with the policy's key is attached to it",
    ],
  ])("%j is a refusal", (output, refusal) => {
    expect(refusalOf(output)).toBe(refusal)
  })
  test.each([
    'Error: Get "http://localhost:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    "no answer within 120 s",
    "unauthorized: authentication required",
    "",
  ])("%j is no verdict on it", output => {
    expect(refusalOf(output)).toBeUndefined()
  })
})

describe("a push that failed has a way out", () => {
  test.each([
    [
      "connect ECONNREFUSED 127.0.0.1:1",
      "localhost:1",
      {},
      /the registry is up.*--registry-service=tcp:\/\/localhost:1$/,
    ],
    ["connect ECONNREFUSED 127.0.0.1:1", "localhost:1", { service }, /the registry is up, and what it answered$/],
    ["dial tcp: lookup registry.invalid: no such host", "registry.invalid", {}, /^check the address/],
    ["unexpected status from HEAD request: 401 Unauthorized", "ghcr.io", {}, /--username and --password/],
    ["denied: requested access to the resource is denied", "localhost:5000", {}, /--username and --password/],
  ])("%j of %s", (output, host, access, expected) => {
    expect(remedyOfPush(output, host, access)).toMatch(expected)
  })
})

describe("command lines", () => {
  const http = (args: string[]) => args.filter(argument => argument.includes("http"))
  const all = (plainHttp: boolean) => [
    resolveArgs("r/a:1", plainHttp),
    manifestArgs("fetch", "r/a@d", plainHttp),
    attachArgs("r/a@d", plainHttp, { name: "sbom.json", type: "application/spdx+json" }),
    signArgs("r/a@d", plainHttp),
    attestArgs("r/a@d", plainHttp, "https://slsa.dev/provenance/v1"),
    verifyArgs("r/a@d", plainHttp),
    verifyAttestationArgs("r/a@d", plainHttp, "https://slsa.dev/provenance/v1"),
  ]
  test("speak plain HTTP to a registry that is a service, and only to one", () => {
    expect(all(true).map(http)).toEqual([
      ...Array(3).fill(["--plain-http"]),
      ["--allow-http-registry"],
      ["--type=https://slsa.dev/provenance/v1", "--allow-http-registry"],
      ["--allow-http-registry"],
      ["--type=https://slsa.dev/provenance/v1", "--allow-http-registry"],
    ])
    expect(
      all(false)
        .flatMap(http)
        .filter(argument => !argument.startsWith("--type=")),
    ).toEqual([])
  })
  test("of a signature name no service that would be asked over the network", () => {
    const offline = ["--signing-config=/signing-config.json", "--trusted-root=/trusted-root.json"]
    for (const args of [signArgs("r/a@d", false), attestArgs("r/a@d", false, "t")])
      expect(args).toEqual(expect.arrayContaining(offline))
    for (const args of [verifyArgs("r/a@d", false), verifyAttestationArgs("r/a@d", false, "t")])
      expect(args).toEqual(expect.arrayContaining(["--key=/cosign.pub", "--insecure-ignore-tlog=true"]))
  })
})

describe("the architectures of an image", () => {
  const image = (os: string, architecture: string) => ({ digest: DIGEST, platform: { os, architecture } })
  const MANIFEST = { schemaVersion: 2, config: { digest: DIGEST }, layers: [] }
  test.each<[string, object, object, string[]]>([
    [
      "are its index's, but for attestations and other systems",
      {
        manifests: [
          image("linux", "amd64"),
          image("linux", "arm64"),
          image("unknown", "unknown"),
          image("windows", "s390x"),
        ],
      },
      {},
      ["amd64", "arm64"],
    ],
    [
      "are named once, whatever variants there are",
      { manifests: [image("linux", "arm"), image("linux", "arm")] },
      {},
      ["arm"],
    ],
    ["are not told by an index without platforms", { manifests: [{ digest: DIGEST }] }, {}, []],
    [
      "of one image stand in its configuration",
      MANIFEST,
      { os: "linux", architecture: "arm64", variant: "v8", rootfs: {} },
      ["arm64"],
    ],
  ])("%s", async (_, manifest, configuration, expected) => {
    const run = async (_: unknown, args: string[]) => JSON.stringify(args.includes("fetch") ? manifest : configuration)
    const registry = { run, seen: (reference: string) => reference, plainHttp: false } as unknown as RegistryClient
    expect(await readArchitectures(registry, Config.parse({}), `ghcr.io/acme/api@${DIGEST}`)).toEqual(expected)
  })
})

describe("signed statements", () => {
  const line = (statement: unknown) =>
    JSON.stringify({
      payloadType: "application/vnd.in-toto+json",
      payload: Buffer.from(JSON.stringify(statement)).toString("base64"),
      signatures: [],
    })
  test("are read, an envelope a line", () => {
    expect(parseStatements(`${line({ a: 1 })}\n${line({ b: 2 })}\n`)).toEqual([{ a: 1 }, { b: 2 }])
    expect(parseStatements("")).toEqual([])
  })
  test.each([
    "verified!",
    "{}",
    JSON.stringify({ payload: "%%%" }),
    JSON.stringify({ payload: Buffer.from("no JSON").toString("base64") }),
  ])("that cannot be parsed are an error, never a pass: %s", output => {
    expect(() => parseStatements(output)).toThrow("BUG")
  })
})
