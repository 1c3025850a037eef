import { keyOf } from "../config/applications.js"
import { type Dockerfile, parseDockerfile } from "../config/dockerfile.js"
import type { AppConfig } from "../config/schema.js"
import { CloudNativeError } from "../util/errors.js"
import { inFolder, isIn, type Layout, normalize, relativeTo, upwards } from "./layout.js"
import { askedNode, nodeToolchain } from "./node.js"
import { nodeRunner } from "./node-runner.js"
import { openVersions, placeIn } from "./pinned.js"
import { askedPython } from "./pyproject.js"
import { pythonToolchain, unknownManifest } from "./python.js"
import { pythonRunner } from "./python-runner.js"
import type { Language, Runner, Suite, Toolchain } from "./suite.js"

/** Package managers whose installation reads only what is known of them. */
const KNOWN = ["npm", "npx", "pnpm", "yarn", "bun", "pip", "pip3", "uv", "poetry", "pdm"]
const IMAGES: Record<Language, RegExp> = { python: /(^|\/)(python|uv)\b/, node: /(^|\/)(node|bun|pnpm)\b/ }

/** How an application's suite is run: found in its files, where the configuration does not say it. */
export function planSuite(name: string, app: AppConfig, layout: Layout): Suite {
  const path = normalize(app.path)
  const language = languageOf(name, path, layout)
  const text = layout.texts[app.dockerfile] ?? ""
  const dockerfile = parseDockerfile(text, app.buildArgs)
  const base = app.readsBase ? baseFor(language, dockerfile, app.base) : app.base
  const toolchain = detectToolchain(name, language, path, text, base, app, layout)
  const runner = app.test.command
    ? { command: app.test.command, tools: [], warnings: [] }
    : detectRunner(name, language, path, app, toolchain, layout)
  const workdir = normalize(app.test.workdir ?? app.path)
  const locals = toolchain.locals ?? []
  const root = commonFolder([toolchain.root, path, workdir, ...locals])
  const inRoot = (pattern: string) => inFolder(relativeTo(root, toolchain.root), pattern)
  const { open } = toolchain
  const into = open && placeIn(app.context, text, open.file)
  return {
    root,
    installIn: relativeTo(root, toolchain.installIn),
    runIn: relativeTo(root, workdir),
    appIn: relativeTo(root, path),
    base,
    env: { ...toolchain.env, ...app.test.env },
    secrets: dockerfile.secrets,
    caches: app.test.caches ?? toolchain.caches,
    tools: [...toolchain.tools, ...runner.tools],
    reads:
      toolchain.reads && !locals.includes(root)
        ? [...toolchain.reads.map(inRoot), ...locals.map(local => relativeTo(root, local))]
        : undefined,
    install: toolchain.install,
    link: toolchain.link,
    command: runner.command,
    json: runner.json,
    lockfiles: toolchain.lockfiles.map(inRoot),
    expected: toolchain.expected,
    pinned: open && into !== undefined ? { file: relativeTo(root, open.file), freeze: open.freeze, into } : undefined,
    npm: toolchain.npm,
    asked: language === "python" ? askedPython(path, layout) : askedNode(path, layout),
    warnings: [...toolchain.warnings, ...(open ? [openVersions(open, into !== undefined)] : []), ...runner.warnings],
  }
}

function languageOf(name: string, path: string, { files }: Layout): Language {
  const has = (...names: string[]) => names.some(file => files.includes(inFolder(path, file)))
  const python = has("pyproject.toml", "requirements.txt", "setup.py", "Pipfile")
  const node = has("package.json")
  return python === node ? (name === "frontend" ? "node" : "python") : node ? "node" : "python"
}

/** The image for the suite: that of the Dockerfile's last stage that has the language. */
function baseFor(language: Language, { stages }: Dockerfile, fallback: string): string {
  const images = stages.map(({ image }) => image).toReversed()
  return images.find(image => IMAGES[language].test(image)) ?? fallback
}

function detectToolchain(
  name: string,
  language: Language,
  path: string,
  dockerfile: string,
  base: string,
  app: AppConfig,
  layout: Layout,
): Toolchain {
  const found =
    language === "python" ? pythonToolchain(path, dockerfile, layout) : nodeToolchain(path, dockerfile, base, layout)
  const nothing: Toolchain = {
    root: path,
    installIn: path,
    env: {},
    caches: [],
    tools: [],
    install: [],
    link: [],
    lockfiles: [],
    run: [],
    warnings: [],
  }
  const { install } = app.test
  if (!install && !found && language === "python") refuseUnknown(name, path, app, layout)
  if (!install) return found ?? nothing
  const known = install.every(([program]) => KNOWN.includes(program!))
  return {
    ...(found ?? nothing),
    tools: [],
    install,
    link: [],
    reads: known ? found?.reads : undefined,
    // What commands of the configuration install is theirs to say, but for packages of the manifest that are not there.
    expected: install.length > 0 && language === "node" ? found?.expected : undefined,
    open: undefined,
    npm: undefined,
    warnings: [],
  }
}

/** Fail where the packages are another package manager's to install, and nothing in the configuration does. */
function refuseUnknown(name: string, path: string, { test }: AppConfig, layout: Layout): void {
  const unknown = unknownManifest(path, layout)
  if (!unknown || test.command || test.target) return
  const { file, manager } = unknown
  throw new CloudNativeError({
    code: "TEST_RUNNER_FAILED",
    blame: "user",
    what: `the packages of the ${name} are in ${file}, which this module cannot install; nothing was installed`,
    why: `${path} has no manifest of uv, poetry, pdm, pip or setuptools, and ${manager} is none of them`,
    fix:
      manager === "pipenv"
        ? `set ${name}.test.install: [[pip, install, pipenv], [pipenv, install, --system, --deploy, --dev]]`
        : `set ${name}.test.install to the commands that install them, or ${name}.test.target to a stage of the Dockerfile that has them`,
  })
}

function detectRunner(
  name: string,
  language: Language,
  path: string,
  app: AppConfig,
  toolchain: Toolchain,
  layout: Layout,
): Runner {
  const below = relativeTo(normalize(app.test.workdir ?? app.path), path)
  const runner =
    language === "python"
      ? pythonRunner(path, app.test.junit, below, toolchain, layout)
      : nodeRunner(path, app.test.junit, toolchain.run, layout)
  if (runner) return runner
  throw new CloudNativeError({
    code: "TESTS_MISSING",
    blame: "user",
    what: `the ${name} has no tests that this module knows how to run`,
    why:
      language === "python"
        ? `${path} has no test_*.py or *_test.py that pytest could run`
        : `${inFolder(path, "package.json")} has no script "test" that runs vitest, jest, node --test or bun test, and neither vitest nor jest with test files`,
    fix: `set ${keyOf(name)}.test.command to the command that runs the suite and writes ${app.test.junit}; or, if it has no tests on purpose, say so: ${keyOf(name)}.test.none: "the reason"`,
  })
}

function commonFolder(paths: string[]): string {
  return upwards(paths[0]!).find(folder => paths.every(path => isIn(folder, path)))!
}
