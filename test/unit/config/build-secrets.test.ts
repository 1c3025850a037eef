import { type Container, dag, type Secret } from "@dagger.io/dagger"
import { afterEach, expect, test, vi } from "vitest"

import { secretsFor, withoutSecretVariables, withSecretVariables } from "../../../.dagger/src/config/build-secrets.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

const MOUNTS = [
  { id: "npm-token", required: true },
  { id: "npm-token", required: false, env: "NPM_TOKEN" },
  { id: "TURBO_TOKEN", required: false },
]
const VALUES = { npm_token: "1", UNUSED: "2" }

/** Secrets that are their own name and value. */
const spyOnSecrets = () =>
  vi.spyOn(dag, "setSecret").mockImplementation((name, value) => `${name}=${value}` as unknown as Secret)

test("a build is given what its Dockerfile mounts, once, by the id, and nothing else", () => {
  spyOnSecrets()
  expect(secretsFor(MOUNTS, VALUES)).toEqual(["npm-token=1"])
})

test("an installation outside the Dockerfile has them as variables, which can be taken away again", () => {
  spyOnSecrets()
  const variables = new Map<string, unknown>()
  const container = {
    withSecretVariable: (name: string, secret: unknown) => (variables.set(name, secret), container),
    withoutSecretVariable: (name: string) => (variables.delete(name), container),
  } as unknown as Container
  withSecretVariables(container, MOUNTS, VALUES)
  expect([...variables]).toEqual([
    ["npm_token", "npm-token=1"],
    ["NPM_TOKEN", "npm-token=1"],
  ])
  withoutSecretVariables(container, MOUNTS)
  expect([...variables]).toEqual([])
})
