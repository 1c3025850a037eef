import { expect, test } from "vitest"

import { CloudNative } from "../../.dagger/src/index.ts"
import { assertNoPlainSecret } from "../../.dagger/src/settings.ts"

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
