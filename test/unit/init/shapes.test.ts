// The repositories of test/adoption, as far as that needs no engine: what `init` writes, what a person adds, and the manifests' rules.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

import type { Directory } from "@dagger.io/dagger"
import { expect, onTestFinished, test, vi } from "vitest"
import { parse } from "yaml"

import { applicationsOf } from "../../../.dagger/src/config/applications.js"
import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { planSuite } from "../../../.dagger/src/gate/detect.js"
import { readLayout } from "../../../.dagger/src/gate/read-layout.js"
import { checkManifests } from "../../../.dagger/src/manifests/check.js"
import { placeOwnImages } from "../../../.dagger/src/manifests/own-images.js"
import { parseManifests } from "../../../.dagger/src/manifests/parse.js"
import { withMissingParts } from "../../../.dagger/src/scaffold.js"
import { readShapes, Repository } from "../../adoption/shape.ts"

const TEMPLATES = join(import.meta.dirname, "../../../.dagger/templates")

/** A folder of this machine in place of the engine's; what is added to it is written there. */
function folderOf(root: string): Directory {
  const folder = {
    exists: async (path: string) => existsSync(join(root, path)),
    glob: async () => filesIn(root),
    file: (path: string) => ({ contents: async () => readFileSync(join(root, path), "utf8") }),
    withNewFile: (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
      return folder
    },
  }
  return folder as unknown as Directory
}

function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter(path => !path.startsWith(".git/"))
}

/** What a chart renders to whose templates have nothing but values. */
function chartFiles(root: string, chart: string): { name: string; text: string }[] {
  const values: unknown = parse(readFileSync(join(root, chart, "values.yaml"), "utf8"))
  const valueOf = (path: string) => path.split(".").reduce<any>((value, key) => value[key], values)
  return readdirSync(join(root, chart, "templates")).map(name => ({
    name: `${chart}/templates/${name}`,
    text: readFileSync(join(root, chart, "templates", name), "utf8").replace(
      /\{\{ \.Values\.([\w.]+) \}\}/g,
      (_, path: string) => String(valueOf(path)),
    ),
  }))
}

/** Each shape: where its manifests are, the lines that a person writes, and what installs and runs the suites. */
const SHAPES = [
  {
    name: "kustomize",
    manifests: "deploy/base",
    lines: 20,
    suites: [
      ["pip", "python -m pytest"],
      ["npm", "node --test"],
    ],
  },
  {
    name: "three-generations",
    manifests: "k8s",
    lines: 8,
    suites: [
      ["pip", "python -m pytest"],
      ["npm", "node --test"],
    ],
  },
  {
    name: "npm-workspaces",
    manifests: "k8s",
    lines: 2,
    suites: [
      ["uv", "uv run"],
      ["npm", "npx --no -- vitest run"],
    ],
  },
  { name: "pip-yarn", manifests: "k8s", lines: 1, suites: [["pip", "python -m pytest"]] },
  {
    name: "pnpm-uv-better-auth",
    manifests: "k8s",
    lines: 2,
    suites: [
      ["uv", "uv run"],
      ["pnpm", "pnpm exec vitest run"],
    ],
  },
  {
    name: "poetry-jest",
    manifests: "k8s",
    lines: 0,
    suites: [
      ["poetry", "poetry run python -m pytest"],
      ["npm", "npx --no -- jest"],
    ],
  },
]

test.each(SHAPES)("$name: init, then $lines lines by hand", async ({ name, manifests, lines, suites }) => {
  vi.spyOn(console, "log").mockReturnValue()
  onTestFinished(() => void vi.restoreAllMocks())
  const shape = readShapes().find(shape => shape.name === name)!
  const repository = Repository.of(shape)
  onTestFinished(() => repository.remove())
  const source = folderOf(repository.path)
  const chosen = Object.fromEntries(shape.init.map(argument => /^--(\w+)=(.+)$/.exec(argument)!.slice(1)))
  await withMissingParts(source, folderOf(TEMPLATES), parseConfig("", "none"), chosen, async chart => ({
    chart,
    manifests: parseManifests(chartFiles(repository.path, chart.path)),
  }))
  repository.commit()
  expect(repository.writeByHand()).toBe(lines)
  const digest = `postgres@sha256:${"0".repeat(64)}`
  if (shape.postgresIn) repository.edit(shape.postgresIn, "POSTGRES_BY_DIGEST", digest)

  const config = parseConfig(readFileSync(join(repository.path, "cloud-native.yaml"), "utf8"), "cloud-native.yaml")
  const folder = join(repository.path, manifests)
  const files = readdirSync(folder)
    .filter(file => file.endsWith(".yaml") && file !== "kustomization.yaml")
    .map(file => ({ name: file, text: readFileSync(join(folder, file), "utf8") }))
  const charts = config.charts.flatMap(({ path }) => chartFiles(repository.path, path))
  const parsed = parseManifests([...files, ...charts])
  expect(placeOwnImages(parsed, applicationsOf(config)).problems).toEqual([])
  expect(checkManifests(parsed, applicationsOf(config))).toEqual([])

  const layout = await readLayout(source, config)
  const tested = (["backend", "frontend"] as const).filter(app => !config[app].test.none)
  const planned = tested.map(app => planSuite(app, config[app], layout))
  expect(planned.map(({ install }) => install[0]![0])).toEqual(suites.map(([manager]) => manager))
  for (const [index, [, command]] of suites.entries()) expect(planned[index]!.command.join(" ")).toContain(command)
})

test("a chart that cannot be rendered gets no manifests of the templates beside it, and is named", async () => {
  vi.spyOn(console, "log").mockReturnValue()
  onTestFinished(() => void vi.restoreAllMocks())
  const scaffold = async (refusal?: string) => {
    const root = mkdtempSync(join(tmpdir(), "init-"))
    onTestFinished(() => rmSync(root, { recursive: true }))
    const source = folderOf(root)
    for (const [path, text] of Object.entries({
      "backend/requirements.txt": "fastapi\n",
      "frontend/package.json": '{"dependencies":{"next":"16.4.6"}}',
      "charts/shop/Chart.yaml": "name: shop\n",
    }))
      source.withNewFile(path, text)
    await withMissingParts(source, folderOf(TEMPLATES), parseConfig("", "none"), {}, async chart => ({
      chart,
      manifests: [],
      refusal,
    }))
    return {
      hasManifests: existsSync(join(root, "k8s")),
      config: readFileSync(join(root, "cloud-native.yaml"), "utf8"),
    }
  }
  const refused = await scaffold("a password is required")
  expect(refused.hasManifests).toBe(false)
  expect(refused.config).toContain("# - charts/shop may run the applications, and Helm cannot render it: a password")
  const other = await scaffold()
  expect(other.hasManifests).toBe(true)
  expect(other.config).toContain("# - charts/shop is left out: a chart of none of the applications")
})

test("no Dockerfile is written beside one that may be the application's, nor when init runs again", async () => {
  const said = vi.spyOn(console, "log").mockReturnValue()
  onTestFinished(() => void vi.restoreAllMocks())
  const root = mkdtempSync(join(tmpdir(), "init-"))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const source = folderOf(root)
  const scaffold = (config: string) =>
    withMissingParts(source, folderOf(TEMPLATES), parseConfig(config, "cloud-native.yaml"), {}, async chart => ({
      chart,
      manifests: [],
    }))
  for (const [path, text] of Object.entries({
    "api/requirements.txt": "fastapi\n",
    "api/python.Dockerfile": "FROM python:3.12-slim\n",
    "compose.yaml": "services: { api: { build: { context: api, dockerfile: python.Dockerfile } } }\n",
    "web/package.json": '{"dependencies":{"next":"16.4.6"}}',
    "Dockerfile.web": "FROM node:22\n",
    "docker/Dockerfile.frontend": "FROM node:22\n",
  }))
    source.withNewFile(path, text)
  const dockerfiles = filesIn(root).filter(path => path.includes("Dockerfile"))
  await scaffold("")
  const written = readFileSync(join(root, "cloud-native.yaml"), "utf8")
  expect(parseConfig(written, "cloud-native.yaml").backend.dockerfile).toBe("api/python.Dockerfile")
  expect(written).toContain("# - Dockerfile.web, docker/Dockerfile.frontend may each be the frontend's Dockerfile")

  await scaffold(written)
  expect(filesIn(root).filter(path => /dockerfile/i.test(path))).toEqual(dockerfiles)
  said.mockClear()
  await scaffold(
    `${written}\nfrontend: { path: web, dockerfile: Dockerfile.web }\n`.replace(/^frontend:\n( .*\n)*/m, ""),
  )
  expect(said.mock.calls.flat().filter(line => String(line).includes("may each be"))).toEqual([])
})

test("three-generations: the chosen generation's chart and what belongs to it is taken, and the rest is listed", async () => {
  const said = vi.spyOn(console, "log").mockReturnValue()
  onTestFinished(() => void vi.restoreAllMocks())
  const repository = Repository.of(readShapes().find(({ name }) => name === "three-generations")!)
  onTestFinished(() => repository.remove())
  const source = folderOf(repository.path)
  const scaffold = (chosen: object) =>
    withMissingParts(source, folderOf(TEMPLATES), parseConfig("", "none"), chosen, async chart => ({
      chart,
      manifests: parseManifests(chartFiles(repository.path, chart.path)),
    }))
  await expect(scaffold({})).rejects.toThrow("--backend=phase-3/backend --frontend=phase-3/frontend")
  expect(existsSync(join(repository.path, "cloud-native.yaml"))).toBe(false)

  await scaffold({ backend: "phase-3/backend", frontend: "phase-3/frontend" })
  const text = readFileSync(join(repository.path, "cloud-native.yaml"), "utf8")
  const { backend, frontend, ...config } = parseConfig(text, "cloud-native.yaml")
  expect(config).toMatchObject({ manifests: "k8s", charts: [{ path: "phase-3/charts/todo" }], applications: {} })
  expect([backend.service, frontend.service]).toEqual(["todo-backend", "todo-frontend"])
  for (const path of ["phase-2/charts/todo", "phase-2/k8s"])
    expect(said.mock.calls.flat().filter(line => String(line).includes(path))).toHaveLength(1)
  expect(text).toContain("# - phase-2/charts/todo is left out: a chart of another generation")
  expect(text).toContain("# - phase-2/k8s is left out: manifests of another generation")
  expect(text).not.toMatch(/\.claude|\.specify|specs\/|docs\//)
})
