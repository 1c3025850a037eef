import { describe, expect, test } from "vitest"

import {
  askedPython,
  membersFor,
  pathsIn,
  pyproject,
  pythonVersion,
  takenFromWorkspace,
  uvMembers,
} from "../../../.dagger/src/gate/pyproject.ts"

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

/** A repository of these manifests of Python, by folder. */
function layoutOf(manifests: Record<string, string>) {
  const texts = Object.fromEntries(
    Object.entries(manifests).map(([folder, text]) => [`${folder === "." ? "" : `${folder}/`}pyproject.toml`, text]),
  )
  return { files: Object.keys(texts), texts }
}

describe("the members of a workspace of uv", () => {
  const workspace = (settings: string) => `[tool.uv.workspace]\n${settings}\n`
  test.each<[string, string, string[]]>([
    ["those that it names", workspace('members = ["packages/*", "api"]'), ["packages/a", "packages/b", "api"]],
    ["but not those that it excludes", workspace('members = ["packages/*"]\nexclude = ["packages/b"]'), ["packages/a"]],
    ["not its root", workspace('members = ["**"]'), ["packages/a", "packages/b", "api"]],
    ["none without patterns", workspace(""), []],
    ["none of patterns that are no list", workspace('members = "api"'), []],
    ["none of a project of uv without a workspace", "[tool.uv]\n", []],
    ["none of another project", "[project]\n", []],
    ["none of no TOML", "{", []],
  ])("are %s", (_, root, expected) => {
    const layout = layoutOf({ ".": root, "packages/a": "", "packages/b": "", api: "" })
    layout.files.push("packages/c/pyproject.toml.orig", "packages/d/my-pyproject.toml", "packages/e/main.py")
    expect(uvMembers(".", layout)).toEqual(expected)
  })

  test("are in its folder", () => {
    const layout = layoutOf({ services: workspace('members = ["*"]'), "services/api": "", other: "" })
    expect(uvMembers("services", layout)).toEqual(["services/api"])
    expect(uvMembers("none", layout)).toEqual([])
  })
})

describe("the members of a workspace that an application needs", () => {
  const project = (name: string, ...dependencies: string[]) =>
    `[project]\nname = "${name}"\ndependencies = ${JSON.stringify(dependencies)}\n`
  const MEMBERS = ["api", "core", "db", "tools"]
  test.each<[string, Record<string, string>, string[]]>([
    ["none", { api: project("api", "fastapi"), core: project("core") }, []],
    ["those that it names", { api: project("api", "Acme.Core>=1"), core: project("acme_core") }, ["core"]],
    [
      "those that these name",
      { api: project("api", "core"), core: project("core", "db"), db: project("db"), tools: project("tools") },
      ["core", "db"],
    ],
    [
      "each once",
      { api: project("api", "core", "db"), core: project("core", "db"), db: project("db", "core") },
      ["core", "db"],
    ],
    ["not itself", { api: project("api", "api", "core"), core: project("core", "api") }, ["core", "api"]],
    ["none by what is no text", { api: '[project]\ndependencies = [1, { x = "core" }]\n', core: project("core") }, []],
    ["none without a name", { api: project("api", "core"), core: "[project]\n", db: "[tool.uv]\n", tools: "{" }, []],
    ["none of a manifest without a project", { api: "[tool.uv]\n", core: project("core") }, []],
    ["none of a folder without a manifest", { core: project("core") }, []],
  ])("are %s", (_, manifests, expected) => {
    expect(membersFor("api", MEMBERS, layoutOf(manifests))).toEqual(expected)
  })
})

test.each<[string, string, string[]]>([
  ["none of another source", '[tool.uv.sources]\nown = { git = "https://example.com/own.git" }\n', []],
  ["those of uv's sources", '[tool.uv.sources]\nown = { path = "../own" }\n', ["../own"]],
  [
    "those of poetry, of any group",
    `[tool.poetry.dependencies]
python = "^3.12"
own = { path = "own" }
far = [{ path = "wheels/far.whl" }, { version = "1" }]
[tool.poetry.dev-dependencies]
old = { path = "old" }
[tool.poetry.group.test.dependencies]
tools = { path = "tools" }
`,
    ["own", "wheels/far.whl", "old", "tools"],
  ],
  ["none of no manifest", "{", []],
])("packages are taken from the repository by their paths: %s", (_, text, paths) => {
  expect(pathsIn(pyproject(layoutOf({ api: text }), "api"))).toEqual(paths)
})

test.each<[string, string, string, string[]]>([
  ["by its own sources", "My_Lib = { workspace = true }", "", ["my-lib"]],
  ["by those of the root", "", "lib = { workspace = true }", ["lib"]],
  ["on some machines", "lib = [{ workspace = true, marker = 'x' }, { index = 'own' }]", "", ["lib"]],
  ["none that its own sources take from elsewhere", "lib = { index = 'own' }", "lib = { workspace = true }", []],
  ["none by a path", "lib = { path = '../lib' }", "", []],
  ["none that says it is no member", "lib = { workspace = false }", "", []],
])("a manifest takes members of uv's workspace: %s", (_, own, above, expected) => {
  const sources = (text: string) => `[tool.uv.sources]\n${text}\n`
  const layout = layoutOf({ api: sources(own), ".": sources(above) })
  expect(takenFromWorkspace(pyproject(layout, "api"), pyproject(layout, "."))).toEqual(expected)
})

test("without a manifest, nothing is taken from a workspace", () => {
  expect(takenFromWorkspace(undefined, undefined)).toEqual([])
})
