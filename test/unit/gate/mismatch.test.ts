import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import {
  installationMismatch,
  interpreterMismatch,
  npmMismatch,
  programOf,
} from "../../../.dagger/src/gate/mismatch.js"
import type { Expected, Language } from "../../../.dagger/src/gate/suite.js"

const appOf = (settings = "") => parseConfig(`backend: { ${settings} }`, "cloud-native.yaml").backend
const wish = (language: Language, range: string, file = "a file") => ({ language, range, file })

describe("the interpreter whose version is compared", () => {
  test.each<[string, Language | undefined, string[] | undefined, string | undefined]>([
    ["none, where no version is asked for", undefined, ["node"], undefined],
    ["that of the image, not of the environment", "python", ["uv", "run", "python"], "python3"],
    ["Node.js", "node", ["node"], "node"],
    ["Node.js, where nothing says what is expected", "node", undefined, "node"],
    ["none, where bun runs the suite, which has versions of its own", "node", ["bun"], undefined],
  ])("is %s", (_, language, interpreter, program) => {
    const expected = interpreter && ({ interpreter } as Expected)
    expect(programOf({ asked: language ? [wish(language, "1")] : [], expected })).toBe(program)
  })
})

describe("an interpreter of another version", () => {
  const mismatch = (settings: string, version: string, ...ranges: [Language, string][]) => {
    const asked = ranges.map(([language, range], index) => wish(language, range, `file ${index + 1}`))
    return interpreterMismatch("backend", appOf(settings), { asked, base: "base:1" }, version)
  }

  test("is none where every wish is met", () => {
    expect(mismatch("", "Python 3.13.2", ["python", ">=3.12"], ["python", "3.13"])).toBeUndefined()
    expect(mismatch("", "Python 3.13.2")).toBeUndefined()
  })

  test("is reported with the wishes that are not met, and an image that meets all of them", () => {
    const error = mismatch("", "Python 3.13.2", ["python", ">=3.10"], ["python", "<3.13"], ["python", "3.11"])
    expect(error).toMatchObject({
      code: "TEST_RUNNER_FAILED",
      blame: "user",
      what: "base:1 does not have the version that the backend asks for; nothing was installed",
      why: "base:1 has Python 3.13.2\nfile 2 asks for <3.13\nfile 3 asks for 3.11",
      fix: expect.stringContaining("python:3.11-slim"),
    })
  })

  test("of Node.js is named, since its version does not name it", () => {
    expect(mismatch("", "v20.19.0", ["node", ">=22"])).toMatchObject({
      why: "base:1 has Node.js v20.19.0\nfile 1 asks for >=22",
      fix: expect.stringContaining("node:22-alpine"),
    })
  })

  test("is that of the stage, where the suite runs in one", () => {
    const error = mismatch("dockerfile: api/Dockerfile, test: { target: tests }", "Python 3.13.2", ["python", "3.12"])
    expect(error?.what).toContain("stage tests of api/Dockerfile does not have the version")
  })
})

describe("the npm of an image", () => {
  const said = (version: string, asked?: string, settings = "dockerfile: web/Dockerfile") => {
    const npm = asked === undefined ? undefined : { version: asked, file: "web/package.json" }
    return npmMismatch(appOf(settings), { npm, base: "node:20" }, version)
  }

  test.each<[string, string, string | undefined]>([
    ["the same", "11.4.2", "11.4.2"],
    ["the same major version", "11.0.0", "11.4.2"],
    ["what no manifest asks about", "10.8.2", undefined],
    ["one that does not say its version", "unknown", "11.4.2"],
    ["asked for by a word", "10.8.2", "latest"],
  ])("is nothing to speak of: %s", (_, version, asked) => {
    expect(said(version, asked)).toEqual([])
  })

  test.each([
    ["dockerfile: web/Dockerfile", "node:20"],
    ["dockerfile: web/Dockerfile, test: { target: deps }", "stage deps of web/Dockerfile"],
  ])("of another major version is said, with where to install the one that is asked for: %s", (settings, image) => {
    expect(said("10.8.2", "11.4.2", settings)).toEqual([
      `web/package.json (packageManager) asks for npm 11.4.2, and ${image} has npm 10.8.2, which installs for the tests and for the image: add RUN npm install --global npm@11.4.2 to web/Dockerfile, which the tests then follow; or change packageManager`,
    ])
  })
})

describe("an installation that ended well", () => {
  const expected: Expected = {
    language: "node",
    interpreter: ["node"],
    names: ["next"],
    locked: { next: ["15.1.0"] },
    manifest: "package.json",
    lockfile: "package-lock.json",
  }

  test.each<[string, Expected | undefined, Record<string, string>]>([
    ["installed what the lockfile has", expected, { next: "15.1.0" }],
    ["has nothing to install", undefined, {}],
  ])("is no problem where it %s", (_, wanted, versions) => {
    expect(installationMismatch([], wanted, versions)).toBeUndefined()
  })

  test.each<[string, string[], Expected | undefined, Record<string, string>, string]>([
    [
      "changed a lockfile",
      ["web/package-lock.json"],
      undefined,
      {},
      "web/package-lock.json was changed by the installation: it does not fit the manifest, or another tool wrote it",
    ],
    [
      "changed two, and left a package out",
      ["a.lock", "b.lock"],
      expected,
      {},
      [
        "a.lock was changed by the installation: it does not fit the manifest, or another tool wrote it",
        "b.lock was changed by the installation: it does not fit the manifest, or another tool wrote it",
        "next is in package.json, and is not installed",
      ].join("\n"),
    ],
    [
      "installed another version",
      [],
      expected,
      { next: "15.2.0" },
      "next 15.2.0 is installed, where package-lock.json has 15.1.0",
    ],
  ])("is one where it %s", (_, changed, wanted, versions, why) => {
    expect(installationMismatch(changed, wanted, versions)).toMatchObject({
      code: "TEST_RUNNER_FAILED",
      blame: "user",
      what: "the installation ended with exit code 0, but it did not install what the repository says",
      why,
      fix: "make the lockfile anew with its package manager and commit it, or set test.install to commands that use it",
    })
  })
})
