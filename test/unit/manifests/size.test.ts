import { expect, test } from "vitest"

import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { secretSizeProblems, sizeProblems } from "../../../.dagger/src/manifests/size.ts"

const MB = 1_048_576
const of = (object: object) =>
  [...sizeProblems(parseManifests([{ name: "a.yaml", text: JSON.stringify(object) }]))].map(({ what }) => what)

test.each([
  [
    "a ConfigMap",
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { k: "x".repeat(MB - 1) } },
    [],
  ],
  [
    "one of a byte more",
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { k: "x".repeat(MB) } },
    ["ConfigMap a: data has 1048577 bytes, and Kubernetes takes 1048576"],
  ],
  [
    "a Secret, whose values are in base64",
    { apiVersion: "v1", kind: "Secret", metadata: { name: "a" }, data: { k: Buffer.alloc(MB).toString("base64") } },
    ["Secret a: data has 1048577 bytes, and Kubernetes takes 1048576"],
  ],
  [
    "a ConfigMap with bytes beside texts",
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
      data: { k: "x".repeat(MB - 5) },
      binaryData: { l: Buffer.alloc(4).toString("base64") },
    },
    ["ConfigMap a: data has 1048577 bytes, and Kubernetes takes 1048576"],
  ],
  [
    "a Secret with texts beside values in base64",
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "a" },
      data: { k: Buffer.alloc(MB - 5).toString("base64") },
      stringData: { l: "äö" },
    },
    ["Secret a: data has 1048577 bytes, and Kubernetes takes 1048576"],
  ],
  [
    "annotations of just the size",
    { apiVersion: "v1", kind: "Service", metadata: { name: "a", annotations: { k: "x".repeat(262_143) } }, spec: {} },
    [],
  ],
  [
    "annotations",
    { apiVersion: "v1", kind: "Service", metadata: { name: "a", annotations: { k: "x".repeat(262_144) } }, spec: {} },
    ["Service a: metadata.annotations has 262145 bytes, and Kubernetes takes 262144"],
  ],
  [
    "another object",
    { apiVersion: "example.com/v1", kind: "Dashboard", metadata: { name: "a" }, spec: { json: "x".repeat(1_600_000) } },
    [expect.stringMatching(/^Dashboard a: the object has 16\d+ bytes/)],
  ],
])("is too large for Kubernetes, or not: %s", (_, object, expected) => {
  expect(of(object)).toEqual(expected)
})

test("what is too large is at its place, with its remedy", () => {
  const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n  k: ${"x".repeat(MB)}\n`
  expect([...sizeProblems(parseManifests([{ name: "a.yaml", text }]))]).toEqual([
    {
      code: "OBJECT_TOO_LARGE",
      what: "ConfigMap a: data has 1048577 bytes, and Kubernetes takes 1048576",
      fix: "split it, or put large content into the image or a volume",
      where: { file: "a.yaml", line: 4, column: 1 },
    },
  ])
  expect([...secretSizeProblems({ k: "x".repeat(MB) })]).toEqual([
    expect.objectContaining({
      code: "OBJECT_TOO_LARGE",
      fix: "put what is large and not secret into the image or a volume",
    }),
  ])
})

test.each([
  [MB - 1, []],
  [MB, ["the secrets that were given have 1048577 bytes, and Kubernetes takes 1048576 in a Secret"]],
])("secrets of %i bytes and a key of one", (bytes, expected) => {
  expect([...secretSizeProblems({ k: "x".repeat(bytes) })].map(({ what }) => what)).toEqual(expected)
})
