import { describe, expect, test } from "vitest"

import { readImage } from "../../../../.dagger/src/verify/image/oci.js"

const DIFF_IDS = { rootfs: { diff_ids: ["sha256:a", "sha256:b"] } }
const CONFIG = {
  User: "10001",
  WorkingDir: "/app",
  Env: ["A=1"],
  Entrypoint: ["run"],
  Cmd: ["it"],
  Labels: { l: "1" },
  ExposedPorts: { "8000/tcp": {} },
}
const layout = (image: object): Record<string, unknown> => ({
  "index.json": { manifests: [{ digest: "sha256:manifest", size: 1 }] },
  "blobs/sha256/manifest": {
    config: { digest: "sha256:config", size: 1_000 },
    layers: [
      { digest: "sha256:1", size: 40 },
      { digest: "sha256:2", size: 2 },
    ],
    annotations: { n: "1" },
  },
  "blobs/sha256/config": image,
})
const read = (image: object) => readImage(async path => layout(image)[path])

describe("an OCI layout", () => {
  test("gives the layers as a registry holds them, and all that the image says of itself", async () => {
    expect(
      await read({
        config: CONFIG,
        ...DIFF_IDS,
        history: [{ created_by: "RUN |1 TOKEN=x", comment: "buildkit" }, { created_by: "CMD run" }],
      }),
    ).toEqual({
      id: "sha256:config",
      layers: [
        { digest: "sha256:1", size: 40, diffId: "sha256:a" },
        { digest: "sha256:2", size: 2, diffId: "sha256:b" },
      ],
      annotations: { n: "1" },
      labels: { l: "1" },
      user: "10001",
      workdir: "/app",
      env: ["A=1"],
      entrypoint: ["run"],
      args: ["it"],
      ports: ["8000/tcp"],
      history: ["RUN |1 TOKEN=x buildkit", "CMD run"],
    })
  })

  test.each([DIFF_IDS, { ...DIFF_IDS, config: {} }, { ...DIFF_IDS, config: { User: null, Labels: null } }])(
    "of an image that says nothing: %j",
    async image => {
      expect(await read(image)).toMatchObject({ user: "", labels: {}, env: [], ports: [], history: [] })
    },
  )

  test("of another shape is a bug, named by file and key", async () => {
    await expect(readImage(async () => ({}))).rejects.toThrow(/^BUG: index.json of the image [^]*manifests/)
  })
})
