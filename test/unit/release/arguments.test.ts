import type { Secret } from "@dagger.io/dagger"
import { expect, test } from "vitest"

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
