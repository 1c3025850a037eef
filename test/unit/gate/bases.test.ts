import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { officialBase, otherBase } from "../../../.dagger/src/gate/bases.js"
import type { Language } from "../../../.dagger/src/gate/suite.js"

const asked = (language: Language, ranges: string[]) => ranges.map(range => ({ language, range, file: "a file" }))

describe("the official image for what a repository asks for", () => {
  test.each<[Language, string[], string | undefined]>([
    ["python", [], "python:3.13-slim"],
    ["python", [">=3.11"], "python:3.13-slim"],
    ["python", [">=3.12,<3.13"], "python:3.12-slim"],
    ["python", [">=3.10", "3.11"], "python:3.11-slim"],
    ["python", [">=3.14"], "python:3.14-slim"],
    ["python", ["~=3.12.1"], "python:3.12-slim"],
    ["python", ["^2.7"], undefined],
    ["node", [], "node:20-alpine"],
    ["node", [">=18"], "node:20-alpine"],
    ["node", [">=22.12"], "node:22-alpine"],
    ["node", ["^18.17 || ^24"], "node:24-alpine"],
    ["node", ["18.x"], "node:18-alpine"],
    ["node", [">=22", "<22"], undefined],
  ])("%s %j: %s", (language, ranges, image) => {
    expect(officialBase(language, asked(language, ranges))).toBe(image)
  })
})

describe("the remedy where the base lacks it", () => {
  const remedy = (text: string, name = "backend", range = "3.12") => {
    const config = parseConfig(text, "cloud-native.yaml")
    const app = name === "backend" ? config.backend : config.applications[name]!
    return otherBase(name, app, "python", asked("python", [range]))
  }

  test.each([
    [
      "is base and FROM, where the Dockerfile is the convention's",
      "{}",
      "set backend.base in cloud-native.yaml to python:3.12-slim, and FROM in docker/backend.dockerfile to the same; or change the file named above",
    ],
    [
      "is base and FROM, where base is set",
      "backend: { dockerfile: api/Dockerfile, base: python:3.13 }",
      "set backend.base in cloud-native.yaml to python:3.12-slim, and FROM in api/Dockerfile to the same; or change the file named above",
    ],
    [
      "is FROM alone, where the base is read from it",
      "backend: { dockerfile: api/Dockerfile }",
      "change FROM in api/Dockerfile to python:3.12-slim; or change the file named above",
    ],
    [
      "is the stage's FROM, where the suite runs in a stage",
      "backend: { test: { target: Tests } }",
      "build the stage Tests of docker/backend.dockerfile on python:3.12-slim; or change the file named above",
    ],
  ])("%s", (_, text, expected) => {
    expect(remedy(text)).toBe(expected)
  })

  test("names the key of an application beside the two", () => {
    const text = "applications: { worker: { base: python:3.13 } }"
    expect(remedy(text, "worker")).toContain("set applications.worker.base in cloud-native.yaml to python:3.12-slim")
  })

  test("names no image where none is known to have it", () => {
    expect(remedy("{}", "backend", "2.7")).toContain("set backend.base in cloud-native.yaml to an image that has it")
  })
})
