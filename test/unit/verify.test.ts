import { describe, expect, test } from "vitest"

import { judgeImage, type Expectations } from "../../.dagger/src/verify/facts.js"
import { readImage, type OciImage } from "../../.dagger/src/verify/oci.js"
import { formatTable, humanSize } from "../../.dagger/src/verify/table.js"

const IMAGE: OciImage = { size: 60e6, diffIds: ["sha256:a", "sha256:b", "sha256:c"], user: "10001:10001" }

function fact(name: string, image: Partial<OciImage>, expected: Partial<Expectations> = {}) {
  return judgeImage("backend", { ...IMAGE, ...image }, { imageSize: 200e6, ...expected }).find(row => row.name === name)
}

describe("the size", () => {
  test.each([
    [199_999_999, "pass"],
    [200_000_000, "fail"],
    [250_000_000, "fail"],
  ])("%d bytes of 200 MB: %s", (size, verdict) => {
    expect(fact("size", { size })).toMatchObject({ image: "backend", limit: "< 200.0 MB", actual: humanSize(size), verdict })
  })
})

describe("the base", () => {
  const based = (diffIds: string[]) => fact("base", {}, { base: { name: "python:3.13-slim", image: { ...IMAGE, diffIds } } })

  test.each([
    [["sha256:a"], "python:3.13-slim + 2 layers"],
    [["sha256:a", "sha256:b", "sha256:c"], "python:3.13-slim + 0 layers"],
  ])("passes when its layers begin the image: %j", (diffIds, actual) => {
    expect(based(diffIds)).toMatchObject({ limit: "python:3.13-slim", actual, verdict: "pass" })
  })

  test.each([
    ["another one", ["sha256:x"], "layer 1 of 1 is another"],
    ["a newer one of the same name", ["sha256:a", "sha256:x"], "layer 2 of 2 is another"],
    ["one of more layers than the image", ["sha256:a", "sha256:b", "sha256:c", "sha256:d"], "layer 4 of 4 is another"],
    ["one whose layers come later", ["sha256:b"], "layer 1 of 1 is another"],
  ])("fails on %s", (_, diffIds, how) => {
    expect(based(diffIds)).toMatchObject({ actual: "not this base", verdict: "fail", how })
  })

  test("is no fact when none is expected", () => {
    expect(fact("base", {})).toBeUndefined()
  })
})

describe("the user", () => {
  test.each(["10001", "10001:10001", "1000:0"])("passes as %j", user => {
    expect(fact("user", { user })).toMatchObject({ actual: user, verdict: "pass" })
  })

  test.each([
    ["", "without a USER, the image runs as root"],
    [":1000", "without a USER, the image runs as root"],
    ["0", "that is root"],
    ["00", "that is root"],
    ["0:1000", "that is root"],
    ["root", "that is root"],
    ["root:app", "that is root"],
    ["node", "Kubernetes cannot prove that a name is not root's"],
    ["app:1000", "Kubernetes cannot prove that a name is not root's"],
  ])("fails as %j", (user, how) => {
    expect(fact("user", { user })).toMatchObject({ verdict: "fail", how })
  })
})

describe("an OCI layout", () => {
  const config = { config: { User: "10001" }, rootfs: { diff_ids: ["sha256:a", "sha256:b"] } }
  const layout = (image: object): Record<string, unknown> => ({
    "index.json": { manifests: [{ digest: "sha256:manifest", size: 1 }] },
    "blobs/sha256/manifest": { config: { digest: "sha256:config", size: 1_000 }, layers: [{ digest: "sha256:1", size: 40 }, { digest: "sha256:2", size: 2 }] },
    "blobs/sha256/config": image,
  })
  const read = (image: object) => readImage(async path => layout(image)[path])

  test("gives the compressed size, the layers and the user", async () => {
    expect(await read(config)).toEqual({ size: 42, diffIds: ["sha256:a", "sha256:b"], user: "10001" })
  })

  test.each([{ rootfs: config.rootfs }, { ...config, config: {} }])("of an image that sets no user: %j", async image => {
    expect(await read(image)).toMatchObject({ user: "" })
  })

  test("of another shape is a bug, named by file and key", async () => {
    await expect(readImage(async () => ({}))).rejects.toThrow(/^BUG: index.json of the image [^]*manifests/)
  })
})

test("a table's columns are as wide as their widest cell, and lines end with their text", () => {
  expect(formatTable(["IMAGE", "SIZE"], [["frontend", "48.4 MB"], ["api", ""]])).toBe("IMAGE     SIZE\nfrontend  48.4 MB\napi")
})
