import type { Secret, Service } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { assertPush, assertSigned } from "../../../.dagger/src/push/arguments.js"
import { parseRegistry } from "../../../.dagger/src/registry/reference.js"

const secret = {} as Secret
const service = {} as Service

describe("the arguments of a push", () => {
  test.each([
    [
      "a key's password without the key",
      () => assertPush(parseRegistry("ghcr.io/acme"), {}, undefined, secret),
      "--signing-password was given without --signing-key",
    ],
    [
      "a key for a registry out of reach",
      () => assertPush(parseRegistry("localhost:5000"), {}, secret),
      "--registry-service=tcp://localhost:5000",
    ],
    ["no key, where the policy has one", () => assertSigned("cosign.pub", undefined), "there is no --signing-key"],
  ])("are refused: %s", (_, assert, message) => {
    expect(assert).toThrow(message)
    expect(assert).toThrow("ARGUMENTS_INVALID")
  })
  test("are accepted when they belong together", () => {
    expect(() => assertSigned(undefined, undefined)).not.toThrow()
    expect(assertPush(parseRegistry("localhost:5000/acme"), { service }, secret, secret)).toEqual({
      key: secret,
      password: secret,
    })
    expect(assertPush(parseRegistry("ghcr.io/acme"), {})).toBeUndefined()
  })
})
