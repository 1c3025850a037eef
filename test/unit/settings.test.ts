import type { Secret } from "@dagger.io/dagger"
import { expect, test } from "vitest"

import { CloudNative } from "../../.dagger/src/index.ts"
import { assertNoPlainSecret, buildSecretsOf, secretsOf, type Settings } from "../../.dagger/src/settings.ts"

const plain = (settings: Record<string, string>) => () => assertNoPlainSecret(settings)

test.each([
  ["a token", { username: "ghp_x7Kq2mZr9TvB" }, "username"],
  ["a password in an address", { publicUrl: "https://me:hunter2@shop.example.com" }, "publicUrl"],
  ["a password before a host", { registry: "me:hunter2@ghcr.io/acme", context: "kind" }, "registry"],
  ["a key", { overlay: "-----BEGIN PRIVATE KEY-----" }, "overlay"],
])("%s is refused by the setting's name, and not shown", (_, settings, name) => {
  expect(plain(settings)).toThrow(`ARGUMENTS_INVALID: not a place for a secret: ${name}\n`)
  for (const value of Object.values(settings)) expect(plain(settings)).not.toThrow(value)
})

test("addresses, names and paths are no secrets", () => {
  const settings = {
    registry: "localhost:5000/acme",
    username: "robot$acme+ci@example.com",
    context: "arn:aws:eks:eu-central-1:1234:cluster/shop",
    publicUrl: "https://shop.example.com:8443",
    overlay: "overlays/production",
  }
  expect(plain(settings)).not.toThrow()
})

test("without a Workspace and a source, nothing stands in for the caller's repository", () => {
  expect(() => new CloudNative()).toThrow(/ARGUMENTS_INVALID: there is no source[^]*cloudNative\(\{ ws, source \}\)/)
})

const withBuildSecrets = (dotenv: string) =>
  ({ buildSecrets: { plaintext: async () => dotenv } as Secret }) as unknown as Settings

test.each([
  ["each by its key", "NPM_TOKEN=1\nPIP_INDEX_URL=2\n", { NPM_TOKEN: "1", PIP_INDEX_URL: "2" }],
  ["without those that are empty, as a workflow passes on what is not set", "NPM_TOKEN=\nB=2\n", { B: "2" }],
  ["none of an empty file", "", {}],
])("the secrets of a build: %s", async (_, dotenv, expected) => {
  expect(await buildSecretsOf(withBuildSecrets(dotenv))).toEqual(expected)
})

test("without secrets of a build, there are none; one that is no dotenv is named by its argument", async () => {
  expect(await buildSecretsOf({} as Settings)).toEqual({})
  await expect(buildSecretsOf(withBuildSecrets("hunter2"))).rejects.toThrow("the dotenv of --build-secrets")
})

test("the secrets of a build are among those that no image may hold", () => {
  const settings = withBuildSecrets("NPM_TOKEN=1")
  expect(secretsOf(settings)).toEqual([settings.buildSecrets])
})
