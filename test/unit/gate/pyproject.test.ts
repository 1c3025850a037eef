import { describe, expect, test } from "vitest"

import { askedPython, pythonVersion } from "../../../.dagger/src/gate/pyproject.ts"

describe("the version in .python-version", () => {
  test.each<[string, string | undefined]>([
    ["3.12", "3.12"],
    ["3.12.4\n", "3.12"],
    ["  cpython@3.13", "3.13"],
    ["cpython-3.13.1", "3.13"],
    ["cpython3.13", "3.13"],
    ["python3.11", "3.11"],
    ["# the version\n3.10", "3.10"],
    ["13.10", "13.10"],
    ["pypy3.10", undefined],
    ["3", undefined],
  ])("%j: %s", (text, minor) => {
    const file = "api/.python-version"
    expect(pythonVersion("api", { files: [file], texts: { [file]: text } })).toEqual(minor && { minor, file })
  })

  test("is that of the nearest folder above", () => {
    const texts = { "services/.python-version": "3.12", ".python-version": "3.11" }
    const found = pythonVersion("services/api", { files: Object.keys(texts), texts })
    expect(found).toEqual({ minor: "3.12", file: "services/.python-version" })
  })
})

test.each<[string, string, string[]]>([
  ["the standard", '[project]\nrequires-python = ">=3.12"\n', [">=3.12: api/pyproject.toml (requires-python)"]],
  [
    "poetry",
    '[tool.poetry.dependencies]\npython = "^3.12"\n',
    ["^3.12: api/pyproject.toml (tool.poetry.dependencies.python)"],
  ],
  ["poetry, by something else than a range", '[tool.poetry.dependencies]\npython = { version = "^3.12" }\n', []],
  ["poetry without dependencies", "[tool.poetry]\n", []],
  ["nothing", "", []],
  ["no TOML", "{", []],
])("the version of Python that a manifest asks for: %s", (_, text, expected) => {
  const layout = { files: [], texts: { "api/pyproject.toml": text } }
  expect(askedPython("api", layout).map(({ range, file }) => `${range}: ${file}`)).toEqual(expected)
})
