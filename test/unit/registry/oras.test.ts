import { describe, expect, test } from "vitest"

import { Config } from "../../../.dagger/src/config/schema.js"
import type { RegistryClient } from "../../../.dagger/src/registry/client.js"
import { attachArgs, manifestArgs, readArchitectures, resolveArgs } from "../../../.dagger/src/registry/oras.js"

const DIGEST = `sha256:${"0a".repeat(32)}`

test.each([
  [true, ["--plain-http"]],
  [false, []],
])("oras speaks plain HTTP to a registry that is a service, and only to one: %s", (plainHttp, expected) => {
  const all = [
    resolveArgs("r/a:1", plainHttp),
    manifestArgs("fetch", "r/a@d", plainHttp),
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
