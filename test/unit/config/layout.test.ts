import type { Directory } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { assertLayout, isPem } from "../../../.dagger/src/config/layout.ts"
import { parseConfig } from "../../../.dagger/src/config/parse.ts"

const PEM = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----"
const TWO = ["backend", "docker/backend.dockerfile", "frontend", "docker/frontend.dockerfile"]

/** A source that has these paths, and these entries in its root. */
const sourceOf = (paths: string[], entries: string[] = []) =>
  ({ exists: async (path: string) => paths.includes(path), entries: async () => entries }) as unknown as Directory

const check = (text: string, source: Directory) => assertLayout(source, parseConfig(text, "cloud-native.yaml"))

describe("the source's layout", () => {
  test.each([
    ["has folder and Dockerfile of both applications", "", TWO],
    ["has those of a worker", "applications: { worker: {} }", [...TWO, "worker", "worker/Dockerfile"]],
    ["has the policy's key", "policy: { publicKey: keys/cosign.pub }", [...TWO, "keys/cosign.pub"]],
    ["needs no file of a key that the configuration holds", `policy: { publicKey: ${JSON.stringify(PEM)} }`, TWO],
  ])("is complete where it %s", async (_, text, paths) => {
    await expect(check(text, sourceOf(paths))).resolves.toBeUndefined()
  })

  test.each<[string, string, Directory, string[], string]>([
    [
      "a Dockerfile",
      "",
      sourceOf(TWO.slice(0, 3), ["backend/", "docker/", "frontend/"]),
      [
        "not found: docker/frontend.dockerfile (the frontend's Dockerfile)",
        "the source's root holds: backend/  docker/  frontend/",
      ],
      "frontend.dockerfile",
    ],
    [
      "a worker",
      "applications: { worker: {} }",
      sourceOf(TWO, ["README.md"]),
      [
        "not found: worker (the worker's folder)",
        "not found: worker/Dockerfile (the worker's Dockerfile)",
        "the source's root holds: README.md",
      ],
      "applications.worker.path, applications.worker.dockerfile",
    ],
    [
      "the policy's key",
      "policy: { publicKey: cosign.pub }",
      sourceOf(TWO),
      ["not found: cosign.pub (the public key of the policy)", "the source's root holds: nothing"],
      "policy.publicKey",
    ],
  ])("is refused without %s, with the key that leads elsewhere", async (_, text, source, why, keys) => {
    await expect(check(text, source)).rejects.toMatchObject({
      code: "SOURCE_LAYOUT",
      blame: "user",
      what: "the source is not laid out as the configuration says",
      why: why.join("\n"),
      fix: `pass the repository as --source, or set ${keys} in cloud-native.yaml`,
    })
  })
})

test.each([
  [PEM, true],
  ["keys/cosign.pub", false],
  ["keys/-----BEGIN", false],
])("%j is a key in PEM: %s", (key, expected) => {
  expect(isPem(key)).toBe(expected)
})
