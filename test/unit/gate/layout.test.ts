import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import {
  commonFolder,
  globOf,
  inFolder,
  informingFiles,
  isIn,
  localPaths,
  normalize,
  parentOf,
  relativeTo,
  upwards,
  writtenFiles,
} from "../../../.dagger/src/gate/layout.js"

test("the files of a repository are those that people wrote", () => {
  const made = ["node_modules", ".venv", "venv", ".next", "__pycache__", ".git"]
  const written = ["venv", "my_venv/a.py", "venv2/a.py", "api/main.py", ".gitignore"]
  const paths = made.flatMap(folder => [`${folder}/a`, `web/${folder}/b/a`])
  expect(writtenFiles([...paths, "api/", ...written])).toEqual(written)
})

describe("the text is read of files that say how an application is installed and tested", () => {
  const config = parseConfig(
    "backend: { path: services/api, dockerfile: services/api/Dockerfile }\nfrontend: { path: web }\n",
    "cloud-native.yaml",
  )
  const isRead = (path: string) => informingFiles([path], config).length > 0
  const NAMES = [
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "yarn.lock",
    ".yarnrc.yml",
    "bun.lock",
    "jest.config.js",
    "playwright.config.mts",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "requirements-dev.txt",
    "base-requirements.in",
    "constraints.txt",
    ".python-version",
    ".node-version",
    ".nvmrc",
  ]
  test.each(NAMES)("%s of the application, and of the folders above", name => {
    const folders = ["web/", "services/api/", "services/", ""]
    expect(folders.filter(folder => isRead(`${folder}${name}`))).toEqual(folders)
  })

  test.each(NAMES)("not a file that is called like %s", name => {
    expect([`web/my${name}x`, `web/${name}.bak`, `web/a${name.replace(".", "")}`].filter(isRead)).toEqual([])
  })

  test.each<[string, string, boolean]>([
    ["a manifest of a workspace's member", "packages/ui/package.json", true],
    ["another lockfile of one", "packages/ui/yarn.lock", false],
    ["a manifest of Python elsewhere", "libs/own/pyproject.toml", false],
    ["requirements elsewhere", "libs/own/requirements.txt", true],
    ["a part of the requirements", "services/api/requirements/constraints.txt", true],
    ["settings in another folder", "services/api/other/setup.cfg", false],
    ["settings in a folder of a folder of requirements", "services/api/requirements/a/setup.cfg", false],
    ["the Dockerfile of an application", "services/api/Dockerfile", true],
    ["another Dockerfile", "services/api/dev.Dockerfile", false],
    ["code", "services/api/main.py", false],
  ])("%s: %s: %s", (_, path, read) => {
    expect(isRead(path)).toBe(read)
  })
})

test.each([
  ["a/b", ["a/b", "a", "."]],
  ["./a//b/", ["a/b", "a", "."]],
  ["a", ["a", "."]],
  [".", ["."]],
  ["", ["."]],
])("upwards of %j are %j", (path, folders) => {
  expect(upwards(path)).toEqual(folders)
})

test.each([
  ["./a/./b//c/", "a/b/c"],
  ["a", "a"],
  ["./", "."],
  ["", "."],
  [".a/b.", ".a/b."],
])("%j is the path %j", (path, expected) => {
  expect(normalize(path)).toBe(expected)
})

test.each([
  ["apps/*", "apps/web", true],
  ["apps/*", "apps/web/e2e", false],
  ["apps/*", "my/apps/web", false],
  ["apps/**", "apps/web/e2e", true],
  ["./apps/web/", "apps/web", true],
  ["apps/w.b", "apps/web", false],
  ["apps/w?b", "apps/web", false],
  ["apps/[web]", "apps/w", false],
  ["(apps)+", "(apps)+", true],
  ["a{b}|c^$", "a{b}|c^$", true],
])("the pattern %s is of the folder %s: %s", (pattern, folder, matches) => {
  expect(globOf(pattern).test(folder)).toBe(matches)
})

test.each([
  [".", "a/b", "a/b"],
  [".", "./a", "a"],
  ["a", "b", "a/b"],
  ["a", "./b/", "a/b"],
  ["a", ".", "a"],
])("in the folder %s, %s is %s", (folder, path, expected) => {
  expect(inFolder(folder, path)).toBe(expected)
})

test.each([
  ["a/b/c", "a/b"],
  ["a", "."],
])("%s is in %s", (path, folder) => {
  expect(parentOf(path)).toBe(folder)
})

test.each([
  [".", "./a/b", "a/b"],
  ["a", "a/b/c", "b/c"],
  ["a/b", "a/b", "."],
  [".", ".", "."],
])("from the folder %s, %s is %s", (folder, path, expected) => {
  expect(relativeTo(folder, path)).toBe(expected)
})

test.each<[string, string[], string[]]>([
  ["api", ["../libs/own", "wheels/a.whl", "."], ["libs/own", "api/wheels/a.whl", "api"]],
  ["api", ["../../own", "..", "/srv/own"], ["."]],
  [".", ["..", "../own", "..own", "..own/x"], ["..own", "..own/x"]],
])("paths of the folder %s that are in the repository: %j", (folder, paths, expected) => {
  expect(localPaths(folder, paths)).toEqual(expected)
})

test.each([
  [".", "a/b", true],
  ["a", "a", true],
  ["a", "a/b", true],
  ["a", "ab", false],
  ["a", "b/a", false],
])("in the folder %s is %s: %s", (folder, path, expected) => {
  expect(isIn(folder, path)).toBe(expected)
})

test.each<[string[], string | undefined]>([
  [["a/b/c.yaml", "a/b/d/e.yaml"], "a/b"],
  [["a/b/c.yaml", "a/d.yaml"], "a"],
  [["a/b.yaml", "ab/c.yaml"], "."],
  [["a.yaml"], "."],
  [[], undefined],
])("%j have the folder %s in common", (files, folder) => {
  expect(commonFolder(files)).toBe(folder)
})
