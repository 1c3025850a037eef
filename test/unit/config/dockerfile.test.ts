import { describe, expect, test } from "vitest"

import { parseIgnore } from "../../../.dagger/src/config/context.js"
import { builtStage, missingArguments, parseDockerfile, withoutDigest } from "../../../.dagger/src/config/dockerfile.js"

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
    ["no stage, where there is none", "RUN true\n", undefined, undefined],
    ["a stage, however it is written", "from  node:20  as Build\nFROM BUILD\n", "BUILD", "node:20"],
    ["a stage of options", "FROM --platform=linux/amd64 --link=x node:20\n", undefined, "node:20"],
    ["a stage without a name", "FROM node:20 build\nFROM build\n", undefined, "build"],
    ["a comment within an instruction", "FROM \\\n# no\n  # FROM b\n  node:20\n", undefined, "node:20"],
    ["a # that begins no comment", "ARG V=a#b\nFROM node:$V\n", undefined, "node:a#b"],
    ["line ends of Windows", "ARG V=20\r\nFROM \\ \t\r\n node:$V\r\n", undefined, "node:20"],
    ["an argument that nobody sets", "ARG TAG\nFROM node:20$TAG\n", undefined, "node:20"],
    ["a default in place of an empty value", "ARG V=\nFROM node:${V:-22}$V\n", undefined, "node:22"],
    ["quotes", "ARG A='node 1' B=\"20\" C=x\nFROM 'node:$B$C'\n", undefined, "node:20x"],
    ["a word that only begins like it", "FROMAGE a\nFROM node:20\n", undefined, "node:20"],
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

test("a build argument that nothing sets is told, with where to set it", () => {
  const app = { dockerfile: "web/Dockerfile", buildArgs: { SET: "1" } }
  expect(missingArguments("frontend", "FROM node\nARG SET\nARG NEXT_PUBLIC_API_URL\n", app)).toEqual([
    "web/Dockerfile has ARG NEXT_PUBLIC_API_URL without a default, and frontend.buildArgs does not set it: it is empty in the image",
  ])
})

test.each([
  [`node:20@sha256:${"0a".repeat(32)}`, "node:20"],
  ["node:20", "node:20"],
  ["node:20@sha256:0a", "node:20@sha256:0a"],
])("%s has the name %s", (image, name) => {
  expect(withoutDigest(image)).toBe(name)
})
