import { type Container, dag, type Directory } from "@dagger.io/dagger"
import { afterEach, describe, expect, test, vi } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.ts"
import { planSuite } from "../../../.dagger/src/gate/detect.ts"
import { pinnedBy, prepareSuite } from "../../../.dagger/src/gate/toolchain.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

interface Engine {
  /** Commands that end with 1. */
  failing?: string
  /** Files that the containers have. */
  has?: string[]
  npm?: string
}

/** What is done to the suite's container, a line each, in the order in which it is asked for. */
async function prepared(test: string, texts: Record<string, string>, engine: Engine = {}) {
  return (await preparedOf("backend", test, texts, engine)).lines
}

async function preparedOf(
  name: "backend" | "frontend",
  test: string,
  texts: Record<string, string>,
  { failing, has = [], npm = "10.8.2" }: Engine,
) {
  const lines: string[] = []
  const record = (line: string) => {
    lines.push(line)
    return container
  }
  let last = ""
  const container: Record<string, unknown> = {
    from: (image: string) => record(`FROM ${image}`),
    withExec: (words: string[]) => record((last = words.join(" "))),
    withEnvVariable: (name: string, value: string) =>
      name === "CLOUD_NATIVE_CALL" ? container : record(`${name}=${value}`),
    withoutEnvVariable: (name: string) => record(`unset ${name}`),
    exists: async (path: string) => has.includes(path),
    exitCode: async () => (last === failing ? 1 : 0),
    stdout: async () => (last === "npm --version" ? `${npm}\n` : "{}"),
    stderr: async () => "",
    sync: async () => container,
  }
  for (const name of ["withUser", "withWorkdir", "withDirectory", "withMountedCache", "directory", "withFile"])
    container[name] = () => container
  vi.spyOn(dag, "container").mockReturnValue(container as unknown as Container)
  vi.spyOn(dag, "cacheVolume").mockReturnValue({} as never)
  const source: Record<string, unknown> = {
    exists: async () => false,
    file: () => ({}),
    dockerBuild: ({ target }: { target: string }) => record(`STAGE ${target}`),
  }
  for (const name of ["directory", "filter", "withoutFile", "withFile"]) source[name] = () => source
  const config = parseConfig(
    `{ backend: { path: api, test: { ${test} } }, frontend: { path: web, test: { ${test} } } }`,
    "cloud-native.yaml",
  )
  const suite = planSuite(name, config[name], { files: Object.keys(texts), texts })
  // What is installed is asked of the container itself, which this one is not.
  const { expected: _, ...rest } = suite
  const given = { ...rest, lockfiles: [] }
  const { warnings } = await prepareSuite(name, source as unknown as Directory, config[name], given, {})
  return { lines, warnings }
}

const PIP = { "api/requirements.txt": "fastapi==1\n", "api/test_a.py": "" }
const INSTALL = "pip install --quiet --root-user-action=ignore"
const UV = { "api/pyproject.toml": '[project]\nname = "api"\n', "api/uv.lock": "", "api/test_a.py": "" }

describe("a suite's container", () => {
  test("is the base, or the stage that the configuration names", async () => {
    expect((await prepared("", PIP))[0]).toBe("FROM python:3.13-slim")
    const staged = await prepared("target: deps", PIP)
    expect(staged[0]).toBe("STAGE deps")
    expect(staged.join("\n")).not.toContain("FROM")
  })

  test.each<[string, string[], string]>([
    ["apk", ["/etc/alpine-release"], "apk add --no-cache libpq-dev gcc"],
    ["apt", [], "sh /cloud-native/apt.sh libpq-dev gcc"],
  ])("has the system packages of the configuration before anything is installed, by %s", async (_, has, line) => {
    const lines = await prepared("packages: [libpq-dev, gcc]", PIP, { has })
    expect(lines).toContain(line)
    expect(lines.indexOf(line)).toBeLessThan(lines.indexOf(`${INSTALL} -r requirements.txt`))
    expect((await prepared("", PIP, { has })).join("\n")).not.toMatch(/apt|apk/)
  })

  test("installs what the tests need, whatever NODE_ENV a stage sets, unless the configuration sets it", async () => {
    const lines = await prepared("target: deps", PIP)
    expect(lines.indexOf("unset NODE_ENV")).toBeGreaterThan(lines.indexOf("STAGE deps"))
    expect(lines.indexOf("unset NODE_ENV")).toBeLessThan(lines.indexOf(`${INSTALL} -r requirements.txt`))
    const own = await prepared("target: deps, env: { NODE_ENV: production }", PIP)
    expect(own.indexOf("NODE_ENV=production")).toBeGreaterThan(own.indexOf("unset NODE_ENV"))
  })

  const ASKED = "python3 -m pip --version"
  const ENSURED = "python3 -m ensurepip --default-pip"
  test("gets a pip for its interpreter, where a stage's environment has none", async () => {
    const lines = await prepared("target: deps", PIP, { failing: ASKED })
    expect(lines.filter(line => line === ENSURED)).toHaveLength(1)
    expect(lines.indexOf(ENSURED)).toBeLessThan(lines.indexOf(`${INSTALL} -r requirements.txt`))
  })

  test.each<[string, string, Record<string, string>, Engine]>([
    ["which has one", "target: deps", PIP, {}],
    ["where uv installs", "target: deps", UV, { failing: ASKED }],
    [
      "where nothing is installed by pip",
      "target: deps, install: [[make]], command: [make, test]",
      PIP,
      { failing: ASKED },
    ],
  ])("keeps the interpreter %s", async (_, settings, texts, engine) => {
    expect(await prepared(settings, texts, engine)).not.toContain(ENSURED)
  })
})

describe("the npm that installs", () => {
  const web = (packageManager: string, dockerfile: string) => ({
    "docker/frontend.dockerfile": dockerfile,
    "web/package.json": JSON.stringify({ packageManager, scripts: { test: "vitest" } }),
    "web/package-lock.json": "{}",
  })
  const INSTALLS = "npm ci --no-audit --no-fund"
  test("is named where the manifest asks for another major one, before anything is installed", async () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => {})
    const { lines, warnings } = await preparedOf("frontend", "", web("npm@11.4.2", "RUN npm ci"), {})
    expect(warnings).toEqual([
      "web/package.json (packageManager) asks for npm 11.4.2, and node:20-alpine has npm 10.8.2, which installs for the tests and for the image: add RUN npm install --global npm@11.4.2 to docker/frontend.dockerfile, which the tests then follow; or change packageManager",
    ])
    expect(said).toHaveBeenCalledWith(`warning: frontend: ${warnings[0]}`)
    expect(lines.indexOf("npm --version")).toBeLessThan(lines.indexOf(INSTALLS))
    const staged = await preparedOf("frontend", "target: deps", web("npm@11.4.2", "RUN npm ci"), {})
    expect(staged.warnings[0]).toContain("stage deps of docker/frontend.dockerfile has npm 10.8.2")
  })
  test.each<[string, string, string, Engine]>([
    ["has the same major version", "npm@10.1.0", "RUN npm ci", {}],
    ["has the version", "npm@11", "RUN npm ci", { npm: "11.0.0" }],
    ["is asked for by a tag", "npm@latest", "RUN npm ci", {}],
    ["is the one that the Dockerfile installs", "npm@11.4.2", "RUN npm install -g npm@11.4.2", {}],
  ])("is not named where it %s", async (_, packageManager, dockerfile, engine) => {
    const { lines, warnings } = await preparedOf("frontend", "", web(packageManager, dockerfile), engine)
    expect(warnings).toEqual([])
    expect(lines).toContain(INSTALLS)
  })
})

describe("the versions that the tests ran on, for the image's context", () => {
  const files: Record<string, string> = {}
  const directory = {
    withNewFile: (path: string, text: string) => ((files[path] = text), directory),
    withFile: (path: string, from: string) => ((files[path] = from), directory),
  }
  const container = {
    exists: async (path: string) => path === "/app/web/package-lock.json",
    file: (path: string) => `that of ${path}`,
    withExec: (words: string[]) => ({ stdout: async () => `${words.join("-")}==1\n` }),
  }
  test.each<[string, object | undefined, Record<string, string>]>([
    [
      "are in the lockfile that the installation made",
      { file: "web/package-lock.json", into: "package-lock.json" },
      { "package-lock.json": "that of /app/web/package-lock.json" },
    ],
    ["are nowhere, where it made none", { file: "api/poetry.lock", into: "poetry.lock" }, {}],
    ["are what is installed", { file: "x", freeze: ["pip", "freeze"], into: "c.txt" }, { "c.txt": "pip-freeze==1\n" }],
    ["are not asked for, where the Dockerfile takes none", undefined, {}],
  ])("%s", async (_, pinned, expected) => {
    for (const path of Object.keys(files)) delete files[path]
    vi.spyOn(dag, "directory").mockReturnValue(directory as unknown as Directory)
    await pinnedBy(container as unknown as Container, { pinned } as Parameters<typeof pinnedBy>[1])
    expect(files).toEqual(expected)
  })
})
