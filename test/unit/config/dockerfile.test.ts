import { describe, expect, test } from "vitest"

import { parseIgnore } from "../../../.dagger/src/config/context.js"
import { builtStage, parseDockerfile } from "../../../.dagger/src/config/dockerfile.js"

describe("a Dockerfile", () => {
  test.each([
    ["its last stage", "FROM node:20 AS build\nRUN true\nFROM python:3.12-slim\n", undefined, "python:3.12-slim"],
    ["the stage of a name", "FROM node:20 AS Build\nFROM python:3.12-slim\n", "build", "node:20"],
    ["by way of stages", "FROM python:3.12 AS base\nFROM base AS deps\nFROM deps\n", undefined, "python:3.12"],
    [
      "arguments before FROM",
      'ARG V=3.11\nFROM --platform=$BUILDPLATFORM "python:${V}-slim"\n',
      undefined,
      "python:3.11-slim",
    ],
    ["a default at its use", "ARG V\nFROM node:${V:-22}-alpine\n", undefined, "node:22-alpine"],
    ["comments and continuations", "# FROM a\nFROM \\\n  node:20 \\\n  AS x\n", undefined, "node:20"],
    ["no stage of that name", "FROM node:20\n", "deps", undefined],
  ])("is built on the image of %s", (_, text, target, image) => {
    expect(builtStage(parseDockerfile(text), target)?.image).toBe(image)
  })

  test("takes the build arguments that are given", () => {
    expect(parseDockerfile("ARG V=3.11\nFROM python:$V\n", { V: "3.12" }).stages[0]!.image).toBe("python:3.12")
  })

  test("requires the arguments that have no default, but not those of BuildKit", () => {
    const text =
      'ARG V=1\nARG TARGETARCH\nFROM node:$V\nARG V\nARG NEXT_PUBLIC_API_URL\nARG A="x y" B\nARG HTTPS_PROXY\n'
    expect(parseDockerfile(text).required).toEqual(["NEXT_PUBLIC_API_URL", "B"])
    expect(parseDockerfile(text, { NEXT_PUBLIC_API_URL: "", B: "1" }).required).toEqual([])
  })
})

test("a .dockerignore is its patterns, without comments", () => {
  expect(parseIgnore("# no\n\nnode_modules\r\n *.log \n!keep.log\n")).toEqual(["node_modules", "*.log", "!keep.log"])
})
