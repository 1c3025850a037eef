import type { Secret } from "@dagger.io/dagger"
import { expect, test } from "vitest"

import { assertReadable } from "../../../.dagger/src/util/secret.ts"

const readable = { plaintext: async () => "value" } as Secret
const unreadable = { plaintext: async () => Promise.reject(new Error("no such file")) } as unknown as Secret

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
