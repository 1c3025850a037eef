import { describe, expect, test } from "vitest"

import { pinnedBase } from "../../../.dagger/src/build/base-image.js"

const [OLD, NEW] = [`sha256:${"0a".repeat(32)}`, `sha256:${"0b".repeat(32)}`]
const NAME = "python:3.13-slim"

describe("the base that a Dockerfile pins", () => {
  test.each([
    [
      "its last FROM's",
      `FROM ${NAME}@${OLD} AS build\nRUN true\nFROM ${NAME}@${NEW}\nCOPY --from=build / /\n`,
      { name: NAME, digest: NEW },
    ],
    [
      "that of the stage which its last FROM names",
      `FROM ${NAME}@${NEW} AS Base\nFROM node:20-alpine AS web\nFROM base AS final\nFROM final\n`,
      { name: NAME, digest: NEW },
    ],
    ["one of a platform", `from --platform=linux/amd64 ${NAME}@${NEW} as x\n`, { name: NAME, digest: NEW }],
    ["one without a tag", `FROM python@${NEW}\n`, { name: "python", digest: NEW }],
    ["none, where only an earlier stage has one", `FROM ${NAME}@${OLD} AS build\nFROM ${NAME}\n`, undefined],
    ["none, where it is no instruction", `# FROM ${NAME}@${OLD}\nFROM ${NAME}\n`, undefined],
    ["none", "", undefined],
  ])("is %s", (_, dockerfile, expected) => {
    expect(pinnedBase(dockerfile)).toEqual(expected)
  })
})
