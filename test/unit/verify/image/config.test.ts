import { describe, expect, test } from "vitest"

import { formatTable, humanSize } from "../../../../.dagger/src/util/format.js"
import { ownLayersRow, sizeRow, userRow } from "../../../../.dagger/src/verify/image/config.js"
import { imageOf } from "../oci-image.ts"

const layer = (size: number) => ({ digest: "sha256:a", diffId: "a", size })

describe("the size", () => {
  test.each([
    [199_999_999, "pass"],
    [200_000_000, "fail"],
    [250_000_000, "fail"],
  ])("%d bytes of 200 MB: %s", (size, verdict) => {
    expect(sizeRow(imageOf([], { layers: [layer(size - 1), layer(1)] }), 200e6)).toEqual({
      name: "size",
      how: "sum of 2 compressed layers",
      limit: "< 200.0 MB",
      actual: humanSize(size),
      verdict,
    })
  })
})

describe("the layers above the base", () => {
  test.each([
    [
      "within their limit",
      [layer(9e6), layer(2e6)],
      12e6,
      { limit: "< 12.0 MB", actual: "11.0 MB", verdict: "pass", how: "above the base: 9.0 MB, 2.0 MB" },
    ],
    ["at their limit", [layer(12e6)], 12e6, { actual: "12.0 MB", verdict: "fail" }],
    ["without a limit", [layer(90e6)], undefined, { limit: "none", actual: "90.0 MB", verdict: "pass" }],
    ["none of them", [], 12e6, { actual: "0.0 MB", verdict: "pass", how: "none above the base" }],
    [
      "of an unknown base",
      undefined,
      12e6,
      { actual: "—", verdict: "not checked", how: "which layers are the base's is not known" },
    ],
  ])("%s", (_, own, limit, expected) => {
    expect(ownLayersRow(own, limit)).toMatchObject({ name: "own layers", ...expected })
  })
})

describe("the user", () => {
  test.each(["10001", "10001:10001", "1000:0"])("passes as %j", user => {
    expect(userRow(imageOf([], { user }))).toEqual({
      name: "user",
      limit: "numeric, not 0",
      actual: user,
      verdict: "pass",
      how: "USER of the image",
    })
  })

  test.each([
    ["", "without a USER, the image runs as root"],
    [":1000", "without a USER, the image runs as root"],
    ["0", "that is root"],
    ["00", "that is root"],
    ["0:1000", "that is root"],
    ["root", "that is root"],
    ["root:app", "that is root"],
    ["node", "Kubernetes cannot verify that a user given by name is not root"],
    ["1app", "Kubernetes cannot verify that a user given by name is not root"],
    ["app1", "Kubernetes cannot verify that a user given by name is not root"],
    ["app:1000", "Kubernetes cannot verify that a user given by name is not root"],
  ])("fails as %j", (user, how) => {
    expect(userRow(imageOf([], { user }))).toMatchObject({ actual: user || "none set", verdict: "fail", how })
  })

  test.each([
    ["nextjs", "10001:10001", "warn"],
    ["nextjs", "0", "fail"],
    ["nextjs", undefined, "fail"],
    ["root", "10001", "fail"],
    ["", "10001", "fail"],
  ])("%j, which the manifests run as %s: %s", (user, podUser, verdict) => {
    expect(userRow(imageOf([], { user }), podUser)).toMatchObject({ verdict })
  })

  test("by name is a warning that says what only the manifests hold", () => {
    expect(userRow(imageOf([], { user: "nextjs" }), "10001").how).toBe(
      "the manifests run it as 10001; without them, Kubernetes cannot verify that a user given by name is not root",
    )
  })
})

test("a table's columns are as wide as their widest cell, and lines end with their text", () => {
  expect(
    formatTable(
      ["IMAGE", "SIZE"],
      [
        ["frontend", "48.4 MB"],
        ["api", ""],
      ],
    ),
  ).toBe("IMAGE     SIZE\nfrontend  48.4 MB\napi")
})
