import { inFolder, type Layout, localPaths, parentOf, upwards } from "./layout.js"
import { lockedVersions, pythonName } from "./lockfile.js"
import { CONSTRAINTS, type OpenVersions, withoutLockfile } from "./pinned.js"
import {
  bringPytest,
  groupsWith,
  pathsIn,
  type Pyproject,
  pyproject,
  pythonVersion,
  takenFromWorkspace,
  testRequirements,
} from "./pyproject.js"
import { includedFile, localPackage, requirementFiles, requirementLines, requirementName } from "./requirements.js"
import { setupExtras, setupFile } from "./setuptools.js"
import type { Expected, Toolchain } from "./suite.js"

const INSTALL = ["install", "--quiet", "--root-user-action=ignore"]
export const PIP = ["pip", ...INSTALL]
const UV = "uv==0.13.9"
export const POETRY = ["poetry==2.5.1"]
/** It leaves hishel open, whose 2.0.0 it does not run with. */
export const PDM = ["pdm==2.29.4", "hishel==1.4.0"]

/** A package manager that has dependencies of its own goes into an environment of its own: they stand in nobody's way. */
function isolated(program: string, requirements: string[]): string[][] {
  const folder = `/opt/${program}`
  return [
    ["python", "-m", "venv", folder],
    [`${folder}/bin/pip`, ...INSTALL, ...requirements],
    ["ln", "-sf", `${folder}/bin/${program}`, "/usr/local/bin/"],
  ]
}

/** Whether pip installs what the suite runs with: where uv does, it is there to bring uv. */
export function installsByPip({ tools, install }: { tools: string[][]; install: string[][] }): boolean {
  const programs = [...tools, ...install].map(([program]) => program)
  return programs.includes("pip") && !programs.includes("uv")
}

/** What the installation of every package manager may read. */
const READS = [
  "**/pyproject.toml",
  "uv.lock",
  "uv.toml",
  "poetry.lock",
  "poetry.toml",
  "pdm.lock",
  "pdm.toml",
  ".python-version",
  "**/*requirements*.txt",
  "**/*requirements*.in",
  "**/requirements",
  "**/*constraints*.txt",
  "setup.cfg",
  "**/README*",
  "**/LICEN[CS]E*",
]

/** How the dependencies of an application in Python are installed; undefined where it has no manifest. */
export function pythonToolchain(path: string, dockerfile: string, layout: Layout): Toolchain | undefined {
  const has = (name: string) => layout.files.includes(inFolder(path, name))
  const project = pyproject(layout, path)
  const requirements = requirementFiles(path, layout)
  const uvRoot = upwards(path).find(
    folder =>
      layout.files.includes(inFolder(folder, "uv.lock")) &&
      (folder === path || pyproject(layout, folder)?.tool.uv?.workspace !== undefined),
  )
  const lock = uvRoot !== undefined ? "uv" : has("poetry.lock") ? "poetry" : has("pdm.lock") ? "pdm" : undefined
  // Where both are there, what the image is built from is what has to be tested.
  const byPip = requirements.length > 0 && (!lock || (/requirements/.test(dockerfile) && !isBuiltBy(lock, dockerfile)))
  if (byPip) return withPip(path, requirements, layout)
  if (lock === "poetry" || (!lock && project?.tool.poetry)) return withPoetry(path, project, has("poetry.lock"), layout)
  if (lock === "pdm" || (!lock && project?.tool.pdm)) return withPdm(path, project, has("pdm.lock"), layout)
  if (lock === "uv" || project?.project) return withUv(path, uvRoot, project, layout)
  const setup = setupFile(path, layout)
  return setup && !unknownManifest(path, layout) ? withSetuptools(path, setup, layout) : undefined
}

/** Whether an image is built from a manager's lockfile. uv may install requirements too, and uvicorn is none of it. */
function isBuiltBy(manager: "uv" | "poetry" | "pdm", dockerfile: string): boolean {
  return manager === "uv" ? /\buv(\.lock\b|["', ]+(sync|export|run)\b)/.test(dockerfile) : dockerfile.includes(manager)
}

/** Files of package managers that this module does not know, by what installs from them. */
const UNKNOWN: Record<string, string> = {
  "Pipfile.lock": "pipenv",
  Pipfile: "pipenv",
  "conda-lock.yml": "conda",
  "environment.yml": "conda",
  "environment.yaml": "conda",
  "pixi.lock": "pixi",
  "pixi.toml": "pixi",
}

/** The file of another package manager, and its name. */
export function unknownManifest(path: string, { files }: Layout): { file: string; manager: string } | undefined {
  const found = Object.keys(UNKNOWN).find(name => files.includes(inFolder(path, name)))
  return found === undefined ? undefined : { file: inFolder(path, found), manager: UNKNOWN[found]! }
}

function withUv(path: string, lockedIn: string | undefined, project: Pyproject | undefined, layout: Layout): Toolchain {
  const root = lockedIn ?? path
  const manifest = pyproject(layout, root)
  const workspace = manifest?.tool.uv?.workspace !== undefined
  const members = takenFromWorkspace(project, manifest)
  const frozen = lockedIn === undefined ? [] : ["--frozen"]
  const defaults = project?.tool.uv?.["default-groups"] ?? ["dev"]
  const wanted = [
    ...groupsWith(project?.project?.["optional-dependencies"]).map(name => ["--extra", name]),
    ...groupsWith(project?.["dependency-groups"])
      .filter(name => Array.isArray(defaults) && !defaults.includes(name))
      .map(name => ["--group", name]),
  ].flat()
  const version = pythonVersion(path, layout)?.minor
  const lockfile = lockedIn !== undefined && inFolder(root, "uv.lock")
  const expected = expectedOf(path, ["uv", "run", "--no-sync"], project, lockfile, layout)
  return {
    root,
    installIn: path,
    // The base's interpreter is the one that the image has: none is downloaded.
    env: { UV_PYTHON_DOWNLOADS: "never", UV_LINK_MODE: "copy", ...(version && { UV_PYTHON: version }) },
    caches: ["/root/.cache/pip", "/root/.cache/uv"],
    tools: [[...PIP, UV]],
    reads: READS,
    install: [["uv", "sync", ...frozen, workspace ? "--no-install-workspace" : "--no-install-project", ...wanted]],
    link: [],
    lockfiles: lockedIn === undefined ? [] : ["uv.lock"],
    run: ["uv", "run", ...frozen, ...wanted],
    locals: [...new Set([path, root])].flatMap(folder => localPaths(folder, pathsIn(pyproject(layout, folder)))),
    // Members come with the code: `uv run` installs them.
    expected: { ...expected, names: expected.names.filter(name => !members.includes(name)) },
    ...(lockedIn === undefined && { open: unlocked(path, "uv lock", CONSTRAINTS, ["uv", "pip", "freeze"]) }),
    warnings: [],
  }
}

function withPoetry(path: string, project: Pyproject | undefined, locked: boolean, layout: Layout): Toolchain {
  const poetry = project?.tool.poetry
  const groups = Object.entries(poetry?.group ?? {})
    .filter(([, { optional, dependencies }]) => optional && "pytest" in dependencies)
    .flatMap(([name]) => ["--with", name])
  const extras = [...groupsWith(project?.project?.["optional-dependencies"]), ...groupsWith(poetry?.extras)]
  const name = pythonName(project?.project?.name ?? poetry?.name ?? "").replaceAll("-", "_")
  const isPackage =
    poetry?.["package-mode"] !== false &&
    (poetry?.packages !== undefined ||
      [name, `src/${name}`].some(folder => layout.files.includes(inFolder(path, `${folder}/__init__.py`))))
  return {
    root: path,
    installIn: path,
    env: { POETRY_VIRTUALENVS_IN_PROJECT: "true", POETRY_NO_INTERACTION: "1" },
    caches: ["/root/.cache/pip", "/root/.cache/pypoetry"],
    tools: isolated("poetry", POETRY),
    reads: READS,
    install: [["poetry", "install", "--no-root", ...groups, ...extras.flatMap(extra => ["--extras", extra])]],
    link: isPackage ? [["poetry", "install", "--only-root"]] : [],
    lockfiles: locked ? ["poetry.lock"] : [],
    run: ["poetry", "run"],
    locals: localPaths(path, pathsIn(project)),
    expected: expectedOf(path, ["poetry", "run"], project, locked && inFolder(path, "poetry.lock"), layout),
    ...(!locked && { open: unlocked(path, "poetry lock", "poetry.lock") }),
    warnings: [],
  }
}

function withPdm(path: string, project: Pyproject | undefined, locked: boolean, layout: Layout): Toolchain {
  const groups = [
    ...groupsWith(project?.project?.["optional-dependencies"]),
    ...groupsWith(project?.["dependency-groups"]),
    ...groupsWith(project?.tool.pdm?.["dev-dependencies"]),
  ].flatMap(name => ["--group", name])
  const isPackage = project?.tool.pdm?.distribution ?? project?.["build-system"] !== undefined
  const install = locked ? ["pdm", "sync"] : ["pdm", "install"]
  return {
    root: path,
    installIn: path,
    env: { PDM_CHECK_UPDATE: "false", PDM_IGNORE_SAVED_PYTHON: "1" },
    caches: ["/root/.cache/pip", "/root/.cache/pdm"],
    tools: isolated("pdm", PDM),
    reads: READS,
    install: [[...install, "--no-self", ...groups]],
    link: isPackage ? [[...install, ...groups]] : [],
    lockfiles: locked ? ["pdm.lock"] : [],
    run: ["pdm", "run"],
    expected: expectedOf(path, ["pdm", "run"], project, locked && inFolder(path, "pdm.lock"), layout),
    ...(!locked && { open: unlocked(path, "pdm lock", "pdm.lock") }),
    warnings: [],
  }
}

/** What all installations by pip have in common: the base's own pip and interpreter, and no lockfile. */
const BY_PIP = { env: {}, caches: ["/root/.cache/pip"], tools: [], link: [], lockfiles: [], run: [] }

function withPip(path: string, files: string[], layout: Layout): Toolchain {
  const requirements = files.map(file => ({ file, lines: requirementLines(layout.texts[inFolder(path, file)] ?? "") }))
  const lines = requirements.flatMap(({ lines }) => lines)
  // Where the files have it, those are what the suite is meant to run with.
  const further = bringPytest(lines) ? [] : testRequirements(pyproject(layout, path))
  const manifests = further.length > 0 ? [...files, "pyproject.toml"] : files
  const included = requirements.flatMap(({ file, lines }) =>
    localPaths(parentOf(inFolder(path, file)), lines.flatMap(includedFile)),
  )
  const ownCode = lines.some(line => /^(-e\b|--editable\b|\.|file:)/.test(line))
  const open = lines.filter(line => (requirementName(line).length > 0 || /^\w+\+/.test(line)) && !/==|@|;/.test(line))
  return {
    ...BY_PIP,
    root: path,
    installIn: path,
    reads: ownCode ? undefined : READS,
    install: withoutMixedHashes(requirements, further).map(words => [...PIP, ...words]),
    locals: [...included, ...localPaths(path, lines.flatMap(localPackage))],
    expected: {
      language: "python",
      interpreter: ["python"],
      names: [...lines, ...further].flatMap(requirementName),
      locked: {},
      manifest: manifests.map(file => inFolder(path, file)).join(", "),
    },
    ...(open.length > 0 && { open: openRequirements(path, files[0]!, open) }),
    warnings: [],
  }
}

/** What each command of pip's may install: where one requirement has a hash, all of the command must have some. */
function withoutMixedHashes(requirements: { file: string; lines: string[] }[], further: string[]): string[][] {
  const hashed = requirements.filter(({ lines }) => lines.some(line => /\s--hash[=\s]/.test(line)))
  const others = requirements.filter(each => !hashed.includes(each))
  const words = (files: typeof requirements) => files.flatMap(({ file }) => ["-r", file])
  return [words(hashed), [...words(others), ...further]].filter(each => each.length > 0)
}

function withSetuptools(path: string, file: string, layout: Layout): Toolchain {
  const extras = setupExtras(path, layout)
  return {
    ...BY_PIP,
    root: path,
    installIn: path,
    // setup.py may read any file, and the tests import the code that lies here.
    reads: undefined,
    install: [[...PIP, "--editable", extras.length > 0 ? `.[${extras.join(",")}]` : "."]],
    bringsPytest: extras.length > 0,
    open: unlocked(path, `uv pip compile ${file} --output-file requirements.txt`, CONSTRAINTS, ["pip", "freeze"]),
    warnings: [],
  }
}

function openRequirements(path: string, name: string, open: string[]): OpenVersions {
  const file = inFolder(path, name)
  const names = open.slice(0, 3).map(line => requirementName(line)[0] ?? line)
  const listed = `${names.join(", ")}${open.length > 3 ? ", …" : ""}`
  const pinned = file.replace(/\.txt$/, ".in")
  return {
    what: `${file} leaves ${open.length === 1 ? "a version" : `${open.length} versions`} open (${listed})`,
    fix: `pin them: \`git mv ${file} ${pinned} && uv pip compile ${pinned} --output-file ${file}\``,
    file: inFolder(path, CONSTRAINTS),
    freeze: ["pip", "freeze"],
  }
}

function expectedOf(
  path: string,
  run: string[],
  project: Pyproject | undefined,
  lockfile: string | false,
  { texts }: Layout,
): Expected {
  const poetry = Object.entries(project?.tool.poetry?.dependencies ?? {}).flatMap(([name, wish]) =>
    name !== "python" && typeof wish === "string" ? [pythonName(name)] : [],
  )
  const listed = (project?.project?.dependencies ?? [])
    .filter(item => typeof item === "string")
    .flatMap(requirementName)
  return {
    language: "python",
    interpreter: [...run, "python"],
    names: [...listed, ...poetry],
    locked: lockfile ? lockedVersions(lockfile, texts[lockfile]!) : {},
    manifest: inFolder(path, "pyproject.toml"),
    lockfile: lockfile || undefined,
  }
}

/** `file` has the versions that are installed: see OpenVersions. */
function unlocked(path: string, command: string, file: string, freeze?: string[]): OpenVersions {
  return { ...withoutLockfile(path, command), file: inFolder(path, file), freeze }
}
