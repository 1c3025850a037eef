import type { Directory, Secret } from "@dagger.io/dagger"
import { expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.ts"
import { planOf } from "../../../.dagger/src/release/inputs.ts"

const config = parseConfig("publicUrl: https://shop.example.com\n", "cloud-native.yaml")
const manifests = { exists: async () => false, glob: async () => [] } as unknown as Directory
const secret = (text: string) => ({ plaintext: async () => text }) as Secret
const planned = (dotenv: string, publicUrl: string) =>
  planOf({} as Directory, config, { manifests, secrets: secret(dotenv), publicUrl })

test("what a workflow passes on of settings that are not set counts as not given", async () => {
  expect(await planned("", "")).toMatchObject({ secrets: undefined, publicUrl: "https://shop.example.com" })
})

test("what is set is read, with all mistakes at once", async () => {
  expect(await planned("A=1\n", "https://staging.example.com")).toMatchObject({
    secrets: { A: "1" },
    publicUrl: "https://staging.example.com",
  })
  await expect(planned("# A=1\n", "https://staging.example.com/")).rejects.toThrow(
    /SECRETS_INVALID[^]*ARGUMENTS_INVALID/,
  )
})
