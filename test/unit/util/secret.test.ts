import type { Secret } from "@dagger.io/dagger"
import { expect, test } from "vitest"

import { assertReadable, plaintextOf } from "../../../.dagger/src/util/secret.ts"

const readable = { plaintext: async () => "value" } as Secret
const failing = (uri: string) =>
  ({ plaintext: async () => Promise.reject(new Error(`not found: ${uri}`)), uri: async () => uri }) as unknown as Secret
const unreadable = failing("file:///no/such/file")

test("each secret that cannot be read is named by its own argument, all at once", async () => {
  const given = {
    "--password": readable,
    "--signing-key": unreadable,
    "--kubeconfig": unreadable,
    "--secrets": undefined,
  }
  const error = await assertReadable(given).catch((error: unknown) => String(error))
  expect(error).toMatch(/--signing-key cannot be read[^]*--kubeconfig cannot be read/)
  expect(error).not.toMatch(/--password|--secrets/)
})

test("those that were given are passed on", async () => {
  expect(await assertReadable({ "--password": readable, "--secrets": undefined })).toEqual([readable])
})

test("a reference to no variable that may be the secret itself is not shown", async () => {
  const named = await plaintextOf(failing("env://REGISTRY_TOKEN"), "--password").catch(String)
  expect(named).toContain("not found: env://REGISTRY_TOKEN")
  const plain = await plaintextOf(failing("env://hunter2"), "--password").catch(String)
  expect(plain).toContain("SECRETS_INVALID: --password looks like a secret in plain text")
  expect(plain).not.toContain("hunter2")
})
