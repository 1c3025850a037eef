// The repositories of test/adoption, as far as that needs no engine: what `init` writes, what a person adds, and the manifests' rules.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

import type { Directory } from "@dagger.io/dagger"
import { expect, onTestFinished, test, vi } from "vitest"

import { applicationsOf } from "../../../.dagger/src/config/applications.js"
import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { planSuite } from "../../../.dagger/src/gate/detect.js"
import { readLayout } from "../../../.dagger/src/gate/layout.js"
import type { DiscoveredChart } from "../../../.dagger/src/init/charts.js"
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
  const none = async (chart: DiscoveredChart) => ({ chart, manifests: [] })
  await withMissingParts(source, folderOf(TEMPLATES), parseConfig("", "none"), {}, none)
  repository.commit()
  expect(repository.writeByHand()).toBe(lines)
  const digest = `postgres@sha256:${"0".repeat(64)}`
  if (shape.postgresIn) repository.edit(shape.postgresIn, "POSTGRES_BY_DIGEST", digest)

  const config = parseConfig(readFileSync(join(repository.path, "cloud-native.yaml"), "utf8"), "cloud-native.yaml")
  const folder = join(repository.path, manifests)
  const files = readdirSync(folder)
    .filter(file => file.endsWith(".yaml") && file !== "kustomization.yaml")
    .map(file => ({ name: file, text: readFileSync(join(folder, file), "utf8") }))
  const parsed = parseManifests(files)
  expect(placeOwnImages(parsed, applicationsOf(config)).problems).toEqual([])
  expect(checkManifests(parsed, applicationsOf(config))).toEqual([])

  const layout = await readLayout(source, config)
  const tested = (["backend", "frontend"] as const).filter(app => !config[app].test.none)
  const planned = tested.map(app => planSuite(app, config[app], layout))
  expect(planned.map(({ install }) => install[0]![0])).toEqual(suites.map(([manager]) => manager))
  for (const [index, [, command]] of suites.entries()) expect(planned[index]!.command.join(" ")).toContain(command)
})
