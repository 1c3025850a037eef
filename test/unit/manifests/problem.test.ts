import { describe, expect, test } from "vitest"

import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import {
  assertNone,
  formatProblem,
  locationOf,
  type Problem,
  problemAt,
} from "../../../.dagger/src/manifests/problem.ts"

const MISSING: Problem = { code: "IMAGE_NOT_USED", what: "nothing runs the frontend", fix: "let something run it" }
const PLACED: Problem = { ...MISSING, where: { file: "app.yaml", line: 12, column: 3 } }

describe("a problem of the manifests", () => {
  test.each([
    ["has its place in front, as compilers write it", PLACED, "app.yaml:12:3: "],
    ["has none where something is missing", MISSING, ""],
  ])("%s", (_, problem, place) => {
    expect(locationOf(problem)).toBe(place)
    expect(formatProblem(problem)).toBe(`${place}nothing runs the frontend\n    let something run it`)
  })

  test("is at the field's place in its file", () => {
    const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n  KEY: value\n"
    const [manifest] = parseManifests([{ name: "config.yaml", text }])
    expect(problemAt(manifest!, ["data", "KEY"], MISSING)).toEqual({
      ...MISSING,
      where: { file: "config.yaml", line: 5, column: 3 },
    })
  })
})

describe("problems are one error", () => {
  test.each([
    [[MISSING], "the manifests have a problem"],
    [[PLACED, MISSING], "the manifests have 2 problems"],
  ])("that lists all of them", (problems, what) => {
    expect(() => assertNone(problems)).toThrow(
      expect.objectContaining({
        code: "MANIFESTS_INVALID",
        blame: "user",
        what,
        why: problems.map(formatProblem).join("\n"),
        fix: "fix the manifests as each line says",
      }),
    )
  })

  test("and none is no error", () => {
    expect(() => assertNone([])).not.toThrow()
  })
})
