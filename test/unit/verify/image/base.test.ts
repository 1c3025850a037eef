import { describe, expect, test } from "vitest"

import {
  type Base,
  BASE_DIGEST,
  BASE_NAME,
  baseImage,
  baseLayers,
  baseRow,
  isSameTag,
  recordedBase,
} from "../../../../.dagger/src/verify/image/base.js"
import { imageOf } from "../oci-image.ts"

const IMAGE = imageOf(["a", "b", "c"])
const today = (...diffIds: string[]): Base => ({
  name: "python:3.13-slim",
  today: { digest: "sha256:today", image: imageOf(diffIds) },
})
const recorded = (base: Base, diffIds?: string[]): Base => {
  const digest = "sha256:recorded"
  return { ...base, recorded: { digest, look: diffIds && { digest, image: imageOf(diffIds) } } }
}

describe("the base", () => {
  test.each([
    [today("a"), "python:3.13-slim + 2 layers"],
    [today("a", "b", "c"), "python:3.13-slim + 0 layers"],
  ])("passes when its layers begin the image", (base, actual) => {
    const how = "its layers begin the image"
    expect(baseRow(IMAGE, base)).toEqual({ name: "base", limit: "python:3.13-slim", actual, verdict: "pass", how })
  })

  test.each([
    ["another one", today("x"), "layer 1 of 1 is another", 0],
    ["a newer one of the same name, where none is recorded", today("a", "x"), "layer 2 of 2 is another", 1],
    ["one of more layers than the image", today("a", "b", "c", "d"), "layer 4 of 4 is another", 3],
    ["one whose layers come later", today("b"), "layer 1 of 1 is another", 0],
    ["one that was recorded, and is another", recorded(today("a"), ["x"]), "layer 1 of 1 is another", 0],
    [
      "one that was recorded, and never pushed",
      recorded(today("a")),
      "the image names sha256:recorded, which was never pushed there",
      1,
    ],
  ])("fails on %s", (_, base, how, own) => {
    expect(baseRow(IMAGE, base)).toMatchObject({ actual: "not this base", verdict: "fail", how })
    expect(baseLayers(IMAGE, baseImage(base))).toBe(own)
  })

  test("is outdated, which is a warning, when it is an earlier one of the same name", () => {
    const base = recorded(today("x"), ["a", "b"])
    const digests = (character: string) => `sha256:${character.repeat(64)}`
    const [before, now] = [digests("a"), digests("b")]
    const named = { ...base, recorded: { ...base.recorded!, digest: before }, today: { ...base.today, digest: now } }
    expect(baseRow(IMAGE, named)).toMatchObject({
      actual: "python:3.13-slim + 1 layers, outdated",
      verdict: "warn",
      how: `built on ${before.slice(0, 19)}; the tag is ${now.slice(0, 19)} by now: build again`,
    })
    expect(baseLayers(IMAGE, baseImage(base))).toBe(2)
  })

  test("fails when it cannot be pulled, and no layer counts as the base's", () => {
    const base = { name: "pyhton:3.13-slim", problem: "pull access denied" }
    expect(baseRow(IMAGE, base)).toMatchObject({
      limit: base.name,
      actual: "not known",
      verdict: "fail",
      how: "the base cannot be pulled",
      findings: ["pull access denied"],
    })
    expect(baseLayers(IMAGE, baseImage(base))).toBeUndefined()
  })

  test("is not checked when none is demanded, whatever the image says itself", () => {
    expect(baseRow(IMAGE, undefined)).toEqual({
      name: "base",
      limit: "—",
      actual: "—",
      verdict: "not checked",
      how: "the image does not say what it was built on: name it with --base",
    })
    const how = "only the image says that it is python:3.13-slim: demand one with --base"
    expect(baseRow(imageOf(["a"], { labels: { [BASE_NAME]: "python:3.13-slim" } }), undefined)).toMatchObject({
      name: "base",
      limit: "—",
      verdict: "not checked",
      how,
    })
    expect(baseLayers(IMAGE, baseImage(undefined))).toBeUndefined()
  })
})

describe("an image's own word for its base", () => {
  const word = (name: string, digest: string) => ({ [BASE_NAME]: name, [BASE_DIGEST]: digest })
  test.each([
    ["none", {}, undefined],
    ["a digest without a name", { labels: { [BASE_DIGEST]: "sha256:a" } }, undefined],
    ["its labels'", { labels: word("python:3", "sha256:a") }, { name: "python:3", digest: "sha256:a" }],
    ["its annotations'", { annotations: word("python:3", "sha256:a") }, { name: "python:3", digest: "sha256:a" }],
    [
      "its annotations' before its labels'",
      { annotations: word("python:3", "sha256:a"), labels: word("node:20", "sha256:b") },
      { name: "python:3", digest: "sha256:a" },
    ],
  ])("is %s", (_, said, expected) => {
    expect(recordedBase(imageOf([], said))).toEqual(expected)
  })

  test.each([
    ["python:3.13-slim", "python:3.13-slim", true],
    ["docker.io/library/python:3.13-slim", "python:3.13-slim", true],
    ["docker.io/python:3.13-slim", "index.docker.io/library/python:3.13-slim", true],
    ["python", "python:latest", true],
    ["localhost:5000/base:1", "localhost:5000/base:1", true],
    ["python:3.13", "python:3.13-slim", false],
    ["python:3.9", "python:3.13-slim", false],
    ["python", "python:3.13-slim", false],
    ["ghcr.io/acme/python:3.13-slim", "python:3.13-slim", false],
    [`python:3.13-slim`, `python:3.13-slim@sha256:${"0a".repeat(32)}`, false],
    ["no reference", "no reference", false],
  ])("%s, where %s is demanded: of the same tag: %s", (recorded, demanded, expected) => {
    expect(isSameTag(recorded, demanded)).toBe(expected)
  })
})
