import { describe, expect, test } from "vitest"

import {
  includedFile,
  localPackage,
  requirementFiles,
  requirementLines,
  requirementName,
} from "../../../.dagger/src/gate/requirements.ts"

describe("the files that requirements stand in", () => {
  const KINDS = ["dev", "test", "tests", "testing", "development", "local"]
  test.each<[string, string[], string[]]>([
    ["none", ["api/main.py"], []],
    [
      "those of the application first",
      ["requirements-dev.txt", "requirements.txt"],
      ["requirements.txt", "requirements-dev.txt"],
    ],
    [
      "a folder's",
      ["requirements/base.txt", "requirements/dev.txt"],
      ["requirements/base.txt", "requirements/dev.txt"],
    ],
    ["a folder's, by the folder's name", ["requirements/requirements.txt"], ["requirements/requirements.txt"]],
    ["only one of the application's", ["requirements.txt", "requirements/base.txt"], ["requirements.txt"]],
    ["those of tests without the application's", ["test-requirements.txt"], ["test-requirements.txt"]],
    ...KINDS.map((kind): [string, string[], string[]] => {
      const files = [
        `requirements-${kind}.txt`,
        `requirements_${kind}.txt`,
        `requirements.${kind}.txt`,
        `${kind}-requirements.txt`,
        `${kind}_requirements.txt`,
        `requirements/${kind}.txt`,
      ]
      return [`each spelling of ${kind}`, files, files]
    }),
    [
      "none of another purpose",
      ["requirements-docs.txt", "requirements.docs.txt", "docs_requirements.txt", "requirementsdev.txt"],
      [],
    ],
  ])("%s", (_, files, expected) => {
    expect(requirementFiles("api", { files: files.map(file => `api/${file}`), texts: {} })).toEqual(expected)
  })
})

test.each<[string, string[]]>([
  ["-r base.txt", ["base.txt"]],
  ["-r../base.txt", ["../base.txt"]],
  ["--requirement=../base.txt", ["../base.txt"]],
  ["-c constraints.txt", ["constraints.txt"]],
  ["--constraint ../constraints.txt", ["../constraints.txt"]],
  ["-r https://example.com/base.txt", []],
  ["requests==2 -r", []],
  ["own==1 --config-settings -r base.txt", []],
  ["-e ../shared", []],
])("%s reads another file: %j", (line, expected) => {
  expect(includedFile(line)).toEqual(expected)
})

test.each<[string, string[]]>([
  ["-e ../shared", ["../shared"]],
  ["-e ../shared[db]", ["../shared"]],
  ["-e../shared", ["../shared"]],
  ["--editable  ../shared", ["../shared"]],
  ["-e ..", [".."]],
  ["fastapi.", []],
  ["--editable=.", ["."]],
  ["./wheels/own-1.0-py3-none-any.whl", ["./wheels/own-1.0-py3-none-any.whl"]],
  ["wheels/own-1.0-py3-none-any.whl", ["wheels/own-1.0-py3-none-any.whl"]],
  ["own-1.0.tar.gz ; python_version > '3'", ["own-1.0.tar.gz"]],
  ["-e libs/own[db]", ["libs/own"]],
  ["libs/own", ["libs/own"]],
  ["../shared ; python_version > '3'", ["../shared"]],
  ["file:../shared", ["../shared"]],
  ["--find-links wheels", ["wheels"]],
  ["-f ../wheels", ["../wheels"]],
  ["-fwheels", ["wheels"]],
  ["own==1 --config-settings -f wheels", []],
  ["--find-links=https://example.com/wheels", []],
  ["-e git+https://example.com/shared.git", []],
  ["git+https://example.com/shared.git@v1", []],
  ["https://example.com/own-1.0-py3-none-any.whl", []],
  ["own @ https://example.com/own-1.0.zip", []],
  ["own@https://example.com/own-1.0.zip", []],
  ["-r../base.txt", []],
  ["--requirement=../base.txt", []],
  ["--index-url https://example.com/simple", []],
  [".hidden-package==1", []],
  ["fastapi==1", []],
])("%s takes a package of the repository: %j", (line, expected) => {
  expect(localPackage(line)).toEqual(expected)
})

test("a requirement is a line without its comment, and goes on after a backslash", () => {
  const text =
    "# all of them\nfastapi==1  # the API\r\n\n  uvicorn==2 \\\r\n  --hash=sha256:a \\\n--hash=sha256:b\nx @ https://x/#egg=x\n"
  expect(requirementLines(text)).toEqual([
    "fastapi==1",
    "uvicorn==2    --hash=sha256:a  --hash=sha256:b",
    "x @ https://x/#egg=x",
  ])
})

describe("the package of a requirement", () => {
  test.each<[string, string[]]>([
    ["Fast_API[all]>=1", ["fast-api"]],
    ["a.b==1", ["a-b"]],
    ["a; python_version < '3.9'", []],
    ["a", ["a"]],
    ["a ~= 1.0", ["a"]],
    ["a (>=1)", ["a"]],
    ["lib @ git+https://example.com/lib.git@v1", ["lib"]],
    ["lib@https://example.com/lib-1.0-py3-none-any.whl", ["lib"]],
    ["git+https://github.com/acme/lib.git@v1", []],
    ["git+ssh://git@github.com/acme/lib.git#egg=lib", []],
    ["https://example.com/x-1.0-py3-none-any.whl", []],
    ["file:libs/own", []],
    ["wheels/x-1.0-py3-none-any.whl", []],
    ["x-1.0-py3-none-any.whl", []],
    ["x-1.0.tar.gz", []],
    ["-r other.txt", []],
    ["--hash=x", []],
  ])("%s", (line, expected) => {
    expect(requirementName(line)).toEqual(expected)
  })
})
