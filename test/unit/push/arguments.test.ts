import type { Secret, Service } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { assertPush, assertSigned, parseImages } from "../../../.dagger/src/push/arguments.js"
import { parseRegistry } from "../../../.dagger/src/registry/reference.js"

const secret = {} as Secret
const service = {} as Service

describe("the arguments of a push", () => {
  test.each([
    [
      "a key's password without the key",
      () => assertPush(parseRegistry("ghcr.io/acme"), {}, undefined, secret),
      {
        what: "--signing-password was given without --signing-key",
        why: "it is the password of that key",
        fix: "add --signing-key, or leave it out",
      },
    ],
    [
      "a key for a registry out of reach",
      () => assertPush(parseRegistry("localhost:5000"), {}, secret),
      {
        what: "--signing-key was given for a registry that cannot be reached to sign",
        why: expect.stringContaining("localhost:5000 is the container itself") as string,
        fix: "add --registry-service=tcp://localhost:5000",
      },
    ],
    [
      "half a login",
      () => assertPush(parseRegistry("ghcr.io/acme"), { username: "me" }, secret),
      { what: "--username was given without --password" },
    ],
    [
      "no key, where the policy has one",
      () => assertSigned("cosign.pub", undefined),
      {
        what: "there is no --signing-key, and the policy lets only signed images run",
        why: "policy.publicKey of cloud-native.yaml is set",
        fix: expect.stringContaining("release --backend=… --frontend=… deploy") as string,
      },
    ],
  ])("are refused: %s", (_, assert, error) => {
    expect(assert).toThrow(expect.objectContaining({ code: "ARGUMENTS_INVALID", blame: "user", ...error }))
  })
  test("are accepted when they belong together", () => {
    expect(() => assertSigned(undefined, undefined)).not.toThrow()
    expect(() => assertSigned("cosign.pub", { key: secret })).not.toThrow()
    expect(() => assertSigned(undefined, { key: secret })).not.toThrow()
    expect(assertPush(parseRegistry("localhost:5000"), {})).toBeUndefined()
    expect(assertPush(parseRegistry("ghcr.io/acme"), {}, secret)).toEqual({ key: secret, password: undefined })
    expect(assertPush(parseRegistry("localhost:5000/acme"), { service }, secret, secret)).toEqual({
      key: secret,
      password: secret,
    })
    expect(assertPush(parseRegistry("ghcr.io/acme"), {})).toBeUndefined()
  })
})

describe("the images of a release", () => {
  const config = parseConfig("applications: { worker: {} }", "cloud-native.yaml")
  const two = ["backend=ghcr.io/acme/api:1", "frontend=ghcr.io/acme/web:1"]

  test("are those of every application, in their order", () => {
    const images = parseImages(["worker=ghcr.io/acme/worker:1@sha256:a=b", ...two], config)
    expect(Object.entries(images)).toEqual([
      ["backend", "ghcr.io/acme/api:1"],
      ["frontend", "ghcr.io/acme/web:1"],
      ["worker", "ghcr.io/acme/worker:1@sha256:a=b"],
    ])
  })

  test.each([
    ["one is missing", two, "no image is given for worker"],
    ["one is empty", [...two, "worker="], "no image is given for worker"],
    ["one is of no application", [...two, "worker=a", "mcp=b"], 'no application is called "mcp"'],
    ["one has no name", [...two, "worker=a", "=ghcr.io/acme/api"], 'no application is called ""'],
    [
      "each in a line of its own",
      ["mcp=b", two[0]!, "worker=a"],
      'no application is called "mcp"\nno image is given for frontend',
    ],
  ])("are refused: %s", (_, texts, why) => {
    expect(() => parseImages(texts, config)).toThrow(
      expect.objectContaining({
        code: "ARGUMENTS_INVALID",
        blame: "user",
        what: "the images are not those of the applications",
        why,
        fix: "give one for each of backend, frontend, worker; beside --backend and --frontend as --applications=NAME=REFERENCE",
      }),
    )
  })
})
