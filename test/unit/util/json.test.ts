import { describe, expect, test } from "vitest"
import { z } from "zod"

import { readJson, readShape, readStored } from "../../../.dagger/src/util/json.ts"

const SHAPE = z.object({ a: z.number() })

test("what has the shape that this module knows is read", () => {
  expect(readShape(SHAPE, { a: 1, b: 2 }, "it")).toEqual({ a: 1 })
  expect(readJson(SHAPE, '{"a":1}', "it")).toEqual({ a: 1 })
})

test("another shape is a bug, and the error says where it differs", () => {
  expect(() => readShape(SHAPE, { a: "1" }, "the answer")).toThrow(
    expect.objectContaining({
      code: "BUG",
      blame: "bug",
      what: "the answer is not of the shape that this module knows",
      why: expect.stringContaining("→ at a") as string,
      fix: "report it, with the versions of Dagger and of Kubernetes",
    }),
  )
})

test.each([
  ["", "it is empty"],
  ["<html>", "<html>"],
  ["x".repeat(501), "x".repeat(500)],
])("what is not JSON is a bug, and the error has its begin: %.10s", (text, why) => {
  expect(() => readJson(SHAPE, text, "the answer")).toThrow(
    expect.objectContaining({
      code: "BUG",
      blame: "bug",
      what: "the answer is no JSON",
      why,
      fix: "report it, with the versions of Dagger and of the image of that tool",
    }),
  )
})

describe("what a version of this module has stored", () => {
  test.each<[string, unknown]>([
    ["of an older version", { schemaVersion: 1, a: 1 }],
    ["of this version", { schemaVersion: 2, a: 1 }],
    ["from before there were versions", { a: 1 }],
  ])("is read: %s", (_, value) => {
    expect(readStored(SHAPE, 2, value, "the record")).toEqual({ a: 1 })
  })

  test("is not read where a newer one wrote it", () => {
    expect(() => readStored(SHAPE, 2, { schemaVersion: 3, a: 1 }, "the record")).toThrow(
      expect.objectContaining({
        code: "RECORD_TOO_NEW",
        blame: "user",
        what: "the record was written by a newer version of this module",
        why: "its schemaVersion is 3; this version of the module reads up to 2",
        fix: expect.stringContaining("dagger update") as string,
      }),
    )
  })
})
