import type { Secret } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { assertKubeconfig, loginOf, parseTime } from "../../../.dagger/src/release/arguments.js"

test("what only a kubeconfig gives a meaning is refused without one, by name", () => {
  expect(() => assertKubeconfig({ context: "prod", namespace: "shop" })).toThrow(
    "without --kubeconfig there was given: --context, --namespace",
  )
})

test.each([
  ["nothing is given", {}],
  ["the kubeconfig is there", { kubeconfig: {} as Secret, context: "prod", namespace: "shop" }],
])("nothing is refused where %s", (_, given) => {
  expect(() => assertKubeconfig(given)).not.toThrow()
})

test.each(["2026-11-24T16:45:00Z", "2026-11-24T17:45:00+01:00"])("%s is a time", text => {
  expect(parseTime(text)).toEqual(new Date(Date.UTC(2026, 10, 24, 16, 45)))
})

test.each(["yesterday", "2026-11-24", "2026-13-24T16:45:00Z", ""])("%j is none", text => {
  expect(() => parseTime(text)).toThrow(`"${text}" is not a time`)
})

test("a pull secret is made of a registry, a user name and a password, or refused", async () => {
  const password = { plaintext: async () => "of-the-robot" } as Secret
  expect(await loginOf("ghcr.io", "robot", password)).toEqual({
    host: "ghcr.io",
    username: "robot",
    password: "of-the-robot",
  })
  await expect(loginOf("ghcr.io", "robot")).rejects.toThrow("--create-pull-secret was given without what it is made of")
})

describe("an argument that makes no sense is the user's to fix", () => {
  const error = (fields: object) =>
    expect.objectContaining({ code: "ARGUMENTS_INVALID", blame: "user", ...fields }) as Error

  test("a context without a kubeconfig", () => {
    expect(() => assertKubeconfig({ context: "prod" })).toThrow(
      error({
        why: "without a kubeconfig the deployment goes to an ephemeral cluster, to which that does not apply",
        fix: "add --kubeconfig=file:PATH, or leave the rest out as well",
      }),
    )
  })

  test("a time that has none", () => {
    expect(() => parseTime("at 2026-11-24T16:45:00Z")).toThrow(
      error({ why: "expected a date and a time in ISO 8601", fix: "write for example 2026-11-24T16:45:00Z" }),
    )
  })

  const password = { plaintext: async () => "of-the-robot" } as Secret
  test.each<[string, Parameters<typeof loginOf>]>([
    ["a registry", [undefined, "robot", password]],
    ["a user name", ["ghcr.io", undefined, password]],
    ["a user name that is set", ["ghcr.io", "", password]],
    ["a password", ["ghcr.io", "robot", undefined]],
  ])("a pull secret without %s", async (_, given) => {
    await expect(loginOf(...given)).rejects.toMatchObject({
      code: "ARGUMENTS_INVALID",
      blame: "user",
      why: "the Secret holds the user name and the password of the registry",
      fix: "add the registry's --username and --password, and --registry where images are pushed, or leave it out",
    })
  })

  test("a password that cannot be read is called by its argument", async () => {
    const broken = {
      plaintext: () => Promise.reject(new Error("no such file")),
      uri: () => Promise.resolve("file://x"),
    }
    await expect(loginOf("ghcr.io", "robot", broken as unknown as Secret)).rejects.toThrow("--password cannot be read")
  })
})
