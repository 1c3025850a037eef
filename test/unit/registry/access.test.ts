import type { Secret, Service } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { assertAccess, outOfReach } from "../../../.dagger/src/registry/access.js"

const secret = {} as Secret
const service = {} as Service

describe("access to a registry", () => {
  test.each([
    ["a user without a password", { username: "me" }, "ghcr.io", "--username was given without --password"],
    ["a password without a user", { password: secret }, "ghcr.io", "--password was given without --username"],
    [
      "a service for a registry that has a name",
      { service },
      "ghcr.io",
      "--registry-service was given for a registry at ghcr.io",
    ],
  ])("is refused with %s", (_, access, host, message) => {
    expect(() => assertAccess(access, host)).toThrow(message)
    expect(() => assertAccess(access, host)).toThrow("ARGUMENTS_INVALID")
  })
  test.each([
    ["a login", { username: "me", password: secret }, "ghcr.io"],
    ["a service for this machine's registry", { service }, "localhost:5000"],
    ["nothing", {}, "ghcr.io"],
  ])("is accepted with %s", (_, access, host) => {
    expect(() => assertAccess(access, host)).not.toThrow()
  })
  test("a registry of this machine is out of a container's reach, unless it is given as a service", () => {
    expect(outOfReach({}, "localhost:5000")).toContain("--registry-service=tcp://localhost:5000")
    expect(outOfReach({ service }, "localhost:5000")).toBeUndefined()
    expect(outOfReach({}, "ghcr.io")).toBeUndefined()
  })
})
