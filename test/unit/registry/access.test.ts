import type { Secret, Service } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { accessOnlyTo, assertAccess, outOfReach } from "../../../.dagger/src/registry/access.js"

const secret = {} as Secret
const service = {} as Service

describe("access to a registry", () => {
  const BOTH = { why: "a registry takes both, or neither", fix: "add the other one, or leave both out" }
  test.each([
    ["a user without a password", { username: "me" }, { what: "--username was given without --password", ...BOTH }],
    ["a password without a user", { password: secret }, { what: "--password was given without --username", ...BOTH }],
    [
      "a service for a registry that has a name",
      { service },
      {
        what: "--registry-service was given for a registry at ghcr.io",
        why: "it is for one at localhost, which is another address in every container",
        fix: "leave --registry-service out, or name the registry localhost:PORT",
      },
    ],
  ])("is refused with %s", (_, access, error) => {
    expect(() => assertAccess(access, "ghcr.io")).toThrow(
      expect.objectContaining({ code: "ARGUMENTS_INVALID", blame: "user", ...error }),
    )
  })
  test.each([
    ["a login", { username: "me", password: secret }, "ghcr.io"],
    ["a service for this machine's registry", { service }, "localhost:5000"],
    ["nothing", {}, "ghcr.io"],
  ])("is accepted with %s", (_, access, host) => {
    expect(() => assertAccess(access, host)).not.toThrow()
  })
  test("a registry of this machine is out of a container's reach, unless it is given as a service", () => {
    expect(outOfReach({}, "localhost:5000")).toBe(
      "localhost:5000 is the container itself to a tool that runs in one; --registry-service=tcp://localhost:5000 leads there",
    )
    expect(outOfReach({ service }, "localhost:5000")).toBeUndefined()
    expect(outOfReach({}, "ghcr.io")).toBeUndefined()
  })
  test("a login is sent to its own registry alone", () => {
    const login = { username: "me", password: secret }
    const accessTo = accessOnlyTo("ghcr.io", login)
    expect(accessTo("ghcr.io")).toBe(login)
    for (const host of ["docker.io", "ghcr.io:5000", "evil.ghcr.io"]) expect(accessTo(host)).toEqual({})
  })
})
