import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { planSuite } from "../../../.dagger/src/gate/detect.js"
import type { Layout } from "../../../.dagger/src/gate/layout.js"
import type { Suite } from "../../../.dagger/src/gate/suite.js"
import { messageOf } from "../../../.dagger/src/util/errors.js"

const CASES = join(import.meta.dirname, "cases/detect")

/** A repository of a case: its files, all of them read. */
function layoutOf(folder: string): Layout {
  const texts = parse(readFileSync(join(folder, "repository.yaml"), "utf8")) as Layout["texts"]
  return { files: Object.keys(texts), texts }
}

function plan(folder: string, app: "backend" | "frontend") {
  const layout = layoutOf(folder)
  const config = parseConfig(layout.texts["cloud-native.yaml"] ?? "", "cloud-native.yaml")
  try {
    return summaryOf(planSuite(app, config[app], layout))
  } catch (error) {
    return { error: messageOf(error) }
  }
}

/** A plan as a person writes it down: a command is a line, what is empty is left out. */
function summaryOf(suite: Suite) {
  const lines = (commands: string[][]) => commands.map(words => words.join(" "))
  const { root, installIn, runIn, base, env, expected, lockfiles, pinned, warnings } = suite
  const all = {
    base,
    root,
    installIn,
    runIn,
    env,
    tools: lines(suite.tools),
    reads: suite.reads ? "manifests" : "everything",
    install: lines(suite.install),
    pinned: pinned ? `${pinned.into}: ${pinned.freeze?.join(" ") ?? pinned.file}` : "",
    link: lines(suite.link),
    command: suite.command.join(" "),
    lockfiles,
    expected: expected?.names.map(name => [name, ...(expected.locked[name] ?? [])].join(" ")) ?? [],
    asked: suite.asked.map(({ range, file }) => `${range}: ${file}`),
    warnings,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => Object.keys(value).length > 0))
}

/** A case is a repository (repository.yaml, text by path) and what is found in it, for each application named in expected.yaml: all that is said there. */
describe("the suite of a repository", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const expected = parse(readFileSync(join(CASES, name, "expected.yaml"), "utf8")) as Record<string, unknown>
    const found = Object.keys(expected).map(app => [app, plan(join(CASES, name), app as "backend" | "frontend")])
    expect(Object.fromEntries(found)).toEqual(expected)
  })
})

/** The suite of an application in a repository of these files, with this configuration. */
function suiteOf(app: "backend" | "frontend", settings: string, texts: Layout["texts"]): Suite {
  const config = parseConfig(`{ ${app}: { ${settings} } }`, "cloud-native.yaml")
  return planSuite(app, config[app], { files: Object.keys(texts), texts })
}

const WEB = {
  "web/package.json": '{"scripts":{"test":"vitest"},"dependencies":{"next":"15.1.0"}}',
  "web/package-lock.json": "{}",
}
const API = { "api/requirements.txt": "fastapi==1\npytest==8\n", "api/test_a.py": "" }
const POETRY = { "api/pyproject.toml": '[tool.poetry]\nname = "api"\n', "api/api/__init__.py": "", "api/test_a.py": "" }
const MAKE = "command: [make, test]"

describe("what the configuration says counts instead of what is found", () => {
  test.each<[string, string, string[]]>([
    ["those of the package manager, where it says nothing", "path: web", ["/root/.npm"]],
    ["its own", "path: web, test: { caches: [/cache] }", ["/cache"]],
    ["none", "path: web, test: { caches: [] }", []],
  ])("caches: %s", (_, settings, caches) => {
    expect(suiteOf("frontend", settings, WEB).caches).toEqual(caches)
  })

  test.each<[string, boolean]>([
    ["[[npm, ci]]", true],
    ["[[npm, ci], [npx, prisma, generate]]", true],
    ["[[npm, ci], [make, deps]]", false],
    ["[[make, deps], [npm, ci]]", false],
    ["[]", true],
  ])("the installation %s reads manifests alone: %s", (install, alone) => {
    const { reads } = suiteOf("frontend", `path: web, test: { install: ${install} }`, WEB)
    expect(reads?.includes("**/package.json") ?? false).toBe(alone)
  })

  test.each<["backend" | "frontend", string, Layout["texts"], string[] | undefined]>([
    ["frontend", "[[npm, ci]]", WEB, ["next"]],
    ["frontend", "[]", WEB, undefined],
    ["backend", "[[pip, install, .]]", API, undefined],
  ])("what has to be there after the %s's installation %s", (app, install, texts, names) => {
    const path = app === "backend" ? "api" : "web"
    expect(suiteOf(app, `path: ${path}, test: { install: ${install} }`, texts).expected?.names).toEqual(names)
  })

  test("its installation is the only one: no tools, no second step, and no advice about the one that is not used", () => {
    const found = suiteOf("backend", `path: api, test: { ${MAKE} }`, POETRY)
    expect(found.tools).not.toEqual([])
    expect(found.link).toEqual([["poetry", "install", "--only-root"]])
    expect(found.warnings).toHaveLength(1)
    expect(suiteOf("backend", `path: api, test: { install: [[pip, install, .]], ${MAKE} }`, POETRY)).toMatchObject({
      tools: [],
      install: [["pip", "install", "."]],
      link: [],
      warnings: [],
    })
  })

  test.each(["", "install: [[make, deps]], "])("commands are enough where there is no manifest: %j", install => {
    expect(suiteOf("frontend", `path: web, test: { ${install}${MAKE} }`, { "web/main.js": "" })).toEqual({
      root: "web",
      installIn: ".",
      runIn: ".",
      appIn: ".",
      base: "node:20-alpine",
      env: {},
      secrets: [],
      caches: [],
      tools: [],
      reads: undefined,
      install: install ? [["make", "deps"]] : [],
      link: [],
      command: ["make", "test"],
      json: undefined,
      lockfiles: [],
      expected: undefined,
      asked: [],
      warnings: [],
    })
  })
})

describe("packages of a package manager that is not known are the configuration's to install", () => {
  const suite = (file: string, settings = "") =>
    suiteOf("backend", `path: api${settings}`, { [file]: "", "api/test_a.py": "" })
  test.each([
    ["api/Pipfile.lock", "pipenv"],
    ["api/Pipfile", "pipenv"],
    ["api/environment.yml", "conda"],
    ["api/environment.yaml", "conda"],
    ["api/conda-lock.yml", "conda"],
    ["api/pixi.toml", "pixi"],
    ["api/pixi.lock", "pixi"],
  ])("%s is one of %s", (file, manager) => {
    expect(() => suite(file)).toThrow(file)
    expect(() => suite(file)).toThrow(`${manager} is none of them`)
  })
  test.each(["install: [[make, deps]]", "command: [make, test]", "target: test"])("which %s does", settings => {
    expect(suite("api/Pipfile", `, dockerfile: api/Dockerfile, test: { ${settings} }`).expected).toBeUndefined()
  })
  test.each([
    [
      "pipenv's are those of its own installation",
      "api/Pipfile",
      "set backend.test.install: [[pip, install, pipenv], [pipenv, install, --system, --deploy, --dev]]",
    ],
    [
      "another's are commands, or a stage",
      "api/environment.yml",
      "set backend.test.install to the commands that install them, or backend.test.target to a stage of the Dockerfile that has them",
    ],
  ])("%s", (_, file, fix) => {
    expect(() => suite(file)).toThrow(expect.objectContaining({ code: "TEST_RUNNER_FAILED", blame: "user", fix }))
  })
  test("a frontend with a Pipfile is in Python, and one beside an environment of conda is not", () => {
    const frontend = (file: string) => () => suiteOf("frontend", "path: web", { [file]: "", "web/test_a.py": "" })
    expect(frontend("web/Pipfile")).toThrow("TEST_RUNNER_FAILED: the packages of the frontend are in web/Pipfile")
    expect(frontend("web/environment.yml")).toThrow("TESTS_MISSING")
  })
  test("which one that is known does", () => {
    const texts = { ...API, "api/environment.yml": "" }
    expect(suiteOf("backend", "path: api", texts).install[0]?.[0]).toBe("pip")
  })
})

describe("an application is in the language of its manifest", () => {
  const PYTHON = { "app/requirements.txt": "pytest==8\n", "app/test_a.py": "" }
  const NODE = { "app/package.json": '{"scripts":{"test":"vitest"}}' }
  test.each<["backend" | "frontend", string, Layout["texts"], string]>([
    ["frontend", "requirements", PYTHON, "python"],
    ["frontend", "a manifest of the standard", { "app/pyproject.toml": "[project]\n", "app/test_a.py": "" }, "uv"],
    ["frontend", "setup.py alone", { "app/setup.py": "", "app/test_a.py": "" }, "python"],
    ["backend", "package.json", NODE, "npx"],
    ["backend", "manifests of both", { ...PYTHON, ...NODE }, "python"],
    ["frontend", "manifests of both", { ...PYTHON, ...NODE }, "npx"],
    ["backend", "neither", { "app/test_a.py": "" }, "python"],
  ])("the %s, of %s", (app, _, texts, program) => {
    expect(suiteOf(app, "path: app", texts).command[0]).toBe(program)
  })
  test("or, without one, in that of its role", () => {
    const planned = () => suiteOf("frontend", "path: app", { "app/test_a.py": "" })
    expect(planned).toThrow("TESTS_MISSING: the frontend has")
    expect(planned).toThrow(expect.objectContaining({ blame: "user" }))
  })
})

test("what an application beside the two lacks is named by its key", () => {
  const { applications } = parseConfig("applications: { worker: { path: jobs } }", "cloud-native.yaml")
  expect(() => planSuite("worker", applications["worker"]!, { files: ["jobs/main.py"], texts: {} })).toThrow(
    /set applications\.worker\.test\.command to .*: applications\.worker\.test\.none: /,
  )
})

describe("the suite runs on the image of the Dockerfile's last stage that has the language", () => {
  test.each([
    ["of two, on the last", "FROM node:20 AS a\nFROM node:22\n", "node:22"],
    ["not on one of another language", "FROM node:20 AS a\nFROM nginx:1\n", "node:20"],
    ["on a tool that brings it", "FROM oven/bun:1\nFROM scratch\n", "oven/bun:1"],
    ["not on one that is called alike", "FROM acme/nodes:1\n", "node:20-alpine"],
    ["on that of the conventions, where there is no Dockerfile", undefined, "node:20-alpine"],
  ])("%s", (_, dockerfile, base) => {
    const texts = dockerfile === undefined ? WEB : { ...WEB, "web/Dockerfile": dockerfile }
    expect(suiteOf("frontend", "path: web, dockerfile: web/Dockerfile", texts).base).toBe(base)
  })
  test("whose language is that of its role, where it has no manifest", () => {
    const texts = { "web/Dockerfile": "FROM python:3.13\nFROM node:22\nFROM nginx:1\n" }
    const settings = `path: web, dockerfile: web/Dockerfile, test: { install: [[npm, ci]], ${MAKE} }`
    expect(suiteOf("frontend", settings, texts)).toMatchObject({ base: "node:22", reads: undefined })
  })
  test.each([
    ["base: node:18, dockerfile: web/Dockerfile", "node:18"],
    ["dockerfile: docker/frontend.dockerfile", "node:20-alpine"],
  ])("unless its image is known: %s", (settings, base) => {
    const texts = { ...WEB, "web/Dockerfile": "FROM node:22\n", "docker/frontend.dockerfile": "FROM node:22\n" }
    expect(suiteOf("frontend", `path: web, ${settings}`, texts).base).toBe(base)
  })
  test("with the build arguments", () => {
    const texts = { ...WEB, "web/Dockerfile": "ARG V=20\nFROM node:$V\n" }
    const settings = 'path: web, dockerfile: web/Dockerfile, buildArgs: { V: "24" }'
    expect(suiteOf("frontend", settings, texts).base).toBe("node:24")
  })
})

describe("a suite has its folders in the one that is copied", () => {
  test.each<[string, string, Pick<Suite, "root" | "installIn" | "runIn" | "appIn">]>([
    ["the application's", "path: web", { root: "web", installIn: ".", runIn: ".", appIn: "." }],
    [
      "a folder in it",
      "path: web, test: { workdir: web/e2e }",
      { root: "web", installIn: ".", runIn: "e2e", appIn: "." },
    ],
    ["one beside it", "path: web, test: { workdir: e2e }", { root: ".", installIn: "web", runIn: "e2e", appIn: "web" }],
    [
      "the one above it",
      "path: ./web/, test: { workdir: . }",
      { root: ".", installIn: "web", runIn: ".", appIn: "web" },
    ],
  ])("%s", (_, settings, expected) => {
    expect(suiteOf("frontend", settings, WEB)).toMatchObject(expected)
  })

  test("with what its installation reads, and must not change, seen from there", () => {
    const { reads, lockfiles, json } = suiteOf("frontend", "path: web, test: { workdir: . }", WEB)
    expect(reads).toEqual(expect.arrayContaining(["web/**/package.json", "web/package-lock.json"]))
    expect(reads?.filter(pattern => !pattern.startsWith("web/"))).toEqual([])
    expect(lockfiles).toEqual(["web/package-lock.json"])
    expect(json).toBe(".cloud-native-tests.json")
  })

  test("with the npm that its manifest asks for, where no Dockerfile says another", () => {
    const texts = { ...WEB, "web/package.json": '{"scripts":{"test":"vitest"},"packageManager":"npm@11.4.2"}' }
    const { tools, npm } = suiteOf("frontend", "path: web", texts)
    expect(tools.map(words => words.at(-1))).toEqual(["npm@11.4.2"])
    expect(npm).toBeUndefined()
  })

  test("in the environment of its package manager, and its own", () => {
    const texts = { "web/package.json": WEB["web/package.json"], "web/pnpm-lock.yaml": "" }
    expect(suiteOf("frontend", 'path: web, test: { env: { CI: "0", A: b } }', texts).env).toEqual({ CI: "0", A: "b" })
    expect(suiteOf("frontend", "path: web", texts).env).toEqual({ CI: "true" })
  })
})

describe("what an installation takes from the repository by its path is there", () => {
  const read = (app: "backend" | "frontend", texts: Record<string, string>) => {
    const config = parseConfig("backend: { path: api }\nfrontend: { path: apps/web }\n", "cloud-native.yaml")
    const suites = { "api/tests/test_a.py": "", "apps/web/a.test.ts": "" }
    const all = { ...suites, ...texts }
    const { root, installIn, reads } = planSuite(app, config[app], { files: Object.keys(all), texts: all })
    return { root, installIn, own: reads?.filter(pattern => /^(libs|.*wheels|.*vendor|requirements\/)/.test(pattern)) }
  }
  const web = (range: string) =>
    JSON.stringify({ scripts: { test: "vitest run" }, devDependencies: { vitest: "3", own: range } })

  test.each<[string, "backend" | "frontend", Record<string, string>, object]>([
    [
      "an archive in the application's folder",
      "frontend",
      { "apps/web/package.json": web("file:vendor/own-1.0.tgz"), "apps/web/package-lock.json": "{}" },
      { root: "apps/web", installIn: ".", own: ["vendor/own-1.0.tgz"] },
    ],
    [
      "a package beside it",
      "frontend",
      { "apps/web/package.json": web("link:../../libs/own"), "apps/web/yarn.lock": "" },
      { root: ".", installIn: "apps/web", own: ["libs/own"] },
    ],
    [
      "nothing from outside of the repository",
      "frontend",
      { "apps/web/package.json": web("file:../../../own"), "apps/web/package-lock.json": "{}" },
      { root: "apps/web", installIn: ".", own: [] },
    ],
    [
      "the folder that all of it is in, with everything",
      "frontend",
      { "apps/web/package.json": web("link:../.."), "apps/web/yarn.lock": "" },
      { root: ".", installIn: "apps/web", own: undefined },
    ],
    [
      "nothing of a package that is no member of the workspace",
      "frontend",
      {
        "package.json": '{"workspaces":["apps/*"]}',
        "package-lock.json": "{}",
        "apps/web/package.json": web("workspace:*"),
        "apps/admin/package.json": web("file:../../libs/own"),
        "examples/a/package.json": web("file:../../libs/other"),
      },
      { root: ".", installIn: ".", own: ["libs/own"] },
    ],
    [
      "a source of uv",
      "backend",
      {
        "api/pyproject.toml":
          '[project]\nname = "api"\ndependencies = ["own"]\n[tool.uv.sources]\nown = { path = "../libs/own" }\n',
        "api/uv.lock": "",
      },
      { root: ".", installIn: "api", own: ["libs/own"] },
    ],
    [
      "dependencies of poetry, in groups, too",
      "backend",
      {
        "api/pyproject.toml":
          '[tool.poetry]\nname = "api"\n[tool.poetry.dependencies]\nown = { path = "../libs/own", develop = true }\nfar = [{ path = "wheels/far.whl" }, { version = "1" }]\n[tool.poetry.group.dev.dependencies]\ntools = { path = "../libs/tools" }\npytest = "8"\n',
        "api/poetry.lock": "",
      },
      { root: ".", installIn: "api", own: ["libs/own", "api/wheels/far.whl", "libs/tools"] },
    ],
    [
      "requirements of other folders",
      "backend",
      { "api/requirements.txt": "-r ../requirements/base.in\n", "requirements/base.in": "fastapi==1" },
      { root: ".", installIn: "api", own: ["requirements/base.in"] },
    ],
    [
      "a package that pip installs from beside it, with everything",
      "backend",
      { "api/requirements.txt": "-e ../libs/own\n" },
      { root: ".", installIn: "api", own: undefined },
    ],
  ])("%s", (_, app, texts, expected) => {
    expect(read(app, texts)).toEqual(expected)
  })
})
