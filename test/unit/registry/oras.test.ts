import { describe, expect, test } from "vitest"

import { Config } from "../../../.dagger/src/config/schema.js"
import { type RegistryClient, ToolFailed } from "../../../.dagger/src/registry/client.js"
import {
  attachArgs,
  isKnown,
  manifestArgs,
  readArchitectures,
  resolveArgs,
  tagsArgs,
} from "../../../.dagger/src/registry/oras.js"

const DIGEST = `sha256:${"0a".repeat(32)}`

test.each([
  [true, ["--plain-http"]],
  [false, []],
])("oras speaks plain HTTP to a registry that is a service, and only to one: %s", (plainHttp, expected) => {
  const all = [
    resolveArgs("r/a:1", plainHttp),
    manifestArgs("fetch", "r/a@d", plainHttp),
    tagsArgs("r/a", plainHttp),
    attachArgs("r/a@d", plainHttp, { name: "sbom.json", type: "application/spdx+json" }),
  ]
  for (const args of all) expect(args.filter(argument => argument.includes("http"))).toEqual(expected)
})

describe("the architectures of an image", () => {
  const image = (os: string, architecture: string) => ({ digest: DIGEST, platform: { os, architecture } })
  const MANIFEST = { schemaVersion: 2, config: { digest: DIGEST }, layers: [] }
  test.each<[string, object, object, string[]]>([
    [
      "are its index's, but for attestations and other systems",
      {
        manifests: [
          image("linux", "amd64"),
          image("linux", "arm64"),
          image("unknown", "unknown"),
          image("windows", "s390x"),
        ],
      },
      {},
      ["amd64", "arm64"],
    ],
    [
      "are named once, whatever variants there are",
      { manifests: [image("linux", "arm"), image("linux", "arm")] },
      {},
      ["arm"],
    ],
    ["are not told by an index without platforms", { manifests: [{ digest: DIGEST }] }, {}, []],
    [
      "of one image stand in its configuration",
      MANIFEST,
      { os: "linux", architecture: "arm64", variant: "v8", rootfs: {} },
      ["arm64"],
    ],
  ])("%s", async (_, manifest, configuration, expected) => {
    const run = async (_: unknown, args: string[]) => JSON.stringify(args.includes("fetch") ? manifest : configuration)
    const registry = { run, seen: (reference: string) => reference, plainHttp: false } as unknown as RegistryClient
    expect(await readArchitectures(registry, Config.parse({}), `ghcr.io/acme/api@${DIGEST}`)).toEqual(expected)
  })
})

describe("a repository", () => {
  const MISSING = "The repository with name 'acme/api' does not exist in the registry with id '111122223333'"
  const registryOf = (run: () => Promise<string>) =>
    ({ run, seen: (reference: string) => reference, plainHttp: false }) as unknown as RegistryClient
  const failing = (error: Error) => registryOf(() => Promise.reject(error))
  const ask = (registry: RegistryClient) => isKnown(registry, Config.parse({}), "r/acme/api")

  test("is known when the registry lists its tags, even none", async () => {
    expect(await ask(registryOf(async () => ""))).toBe(true)
  })
  test.each([
    `Error response from registry: name unknown: ${MISSING}`,
    `Error response from registry: NAME_UNKNOWN: ${MISSING}`,
    "Error response from registry: name unknown",
  ])("is unknown when the registry says so: %s", async output => {
    expect(await ask(failing(new ToolFailed(1, output)))).toBe(false)
  })
  test.each([
    new ToolFailed(1, "Error response from registry: denied: User: … is not authorized to perform: ecr:ListImages"),
    new ToolFailed(1, "Error: basic credential not found"),
    new ToolFailed(1, 'GET "https://r/v2/acme/api/tags/list": response status code 404: Not Found'),
    new ToolFailed(-1, "no answer within 120 s"),
    new TypeError("name unknown"),
  ])("is neither of both otherwise: %s", async error => {
    await expect(ask(failing(error))).rejects.toBe(error)
  })
})
