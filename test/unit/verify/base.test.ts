import { describe, expect, test } from "vitest"

import { baseLayers, baseRow, type Base } from "../../../.dagger/src/verify/base.js"
import { imageOf } from "./image.ts"

const IMAGE = imageOf(["a", "b", "c"])
const layersOf = (diffIds: string[]) => imageOf(diffIds).layers
const today = (...diffIds: string[]): Base => ({ name: "python:3.13-slim", today: { digest: "sha256:today", layers: layersOf(diffIds) } })
const recorded = (base: Base, diffIds?: string[]): Base => ({ ...base, recorded: { digest: "sha256:recorded", layers: diffIds && layersOf(diffIds) } })

describe("the base", () => {
  test.each([
    [today("a"), "python:3.13-slim + 2 layers"],
    [today("a", "b", "c"), "python:3.13-slim + 0 layers"],
  ])("passes when its layers begin the image", (base, actual) => {
    expect(baseRow(IMAGE, base)).toMatchObject({ limit: "python:3.13-slim", actual, verdict: "pass" })
  })

  test.each([
    ["another one", today("x"), "layer 1 of 1 is another", 0],
    ["a newer one of the same name, where none is recorded", today("a", "x"), "layer 2 of 2 is another", 1],
    ["one of more layers than the image", today("a", "b", "c", "d"), "layer 4 of 4 is another", 3],
    ["one whose layers come later", today("b"), "layer 1 of 1 is another", 0],
    ["one that was recorded, and is another", recorded(today("a"), ["x"]), "layer 1 of 1 is another", 0],
    ["one that was recorded, and never pushed", recorded(today("a")), "the image names sha256:recorded, which was never pushed there", 1],
  ])("fails on %s", (_, base, how, own) => {
    expect(baseRow(IMAGE, base)).toMatchObject({ actual: "not this base", verdict: "fail", how })
    expect(baseLayers(IMAGE, base)).toBe(own)
  })

  test("is outdated, which is a warning, when it is an earlier one of the same name", () => {
    const base = recorded(today("x"), ["a", "b"])
    expect(baseRow(IMAGE, base)).toMatchObject({ actual: "python:3.13-slim + 1 layers, outdated", verdict: "warn" })
    expect(baseLayers(IMAGE, base)).toBe(2)
  })

  test("is not checked when none is named", () => {
    expect(baseRow(IMAGE, undefined)).toMatchObject({ verdict: "not checked" })
  })
})
