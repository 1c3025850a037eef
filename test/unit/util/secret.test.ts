import { dag, type Secret } from "@dagger.io/dagger"
import { afterEach, expect, test, vi } from "vitest"

import { assertReadable, plaintextOf, withoutNewline } from "../../../.dagger/src/util/secret.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

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

test.each([
  ["a command's newline goes", "pass word\n", "pass word"],
  ["one of Windows goes", "pass word\r\n", "pass word"],
  ["what is inside stays", "one\ntwo \n\n", "one\ntwo "],
])("%s", async (_, value, expected) => {
  const setSecret = vi.spyOn(dag, "setSecret")
  await withoutNewline({ plaintext: async () => value } as Secret, "--password")
  expect(setSecret.mock.calls).toEqual([[expect.stringMatching(/^--password-/), expected]])
})

test("a secret without a newline is passed on as it is", async () => {
  expect(await withoutNewline(readable, "--password")).toBe(readable)
  expect(await withoutNewline(undefined, "--password")).toBeUndefined()
})
