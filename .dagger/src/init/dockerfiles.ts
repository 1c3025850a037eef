import { inFolder, isIn, type Layout, relativeTo } from "../gate/layout.js"
import { membersOf, packageJson, READS } from "../gate/node.js"
import { bringing, MANAGERS, nodeManager } from "../gate/node-manager.js"
import { CONSTRAINTS } from "../gate/pinned.js"
import { membersFor, type Pyproject, pyproject, uvMembers } from "../gate/pyproject.js"
import { PDM, POETRY } from "../gate/python.js"
import { runsOwnCode } from "../gate/script.js"
import type { Found } from "./discover.js"
import { portOf } from "./manifests.js"

/** The frontend's Dockerfile for the package manager and the folders that the application has. */
export function adaptFrontend(text: string, found: Found, layout: Layout): string {
  const { path, context: root = path } = found
  return builtIn(relativeTo(root, path), text)
    .replaceAll("node:20-alpine", found.base ?? "node:20-alpine")
    .replace(/^COPY package\.json package-lock\.json \.\/\nRUN .*npm ci.*$/m, installing(path, root, layout).join("\n"))
    .replaceAll("3000", String(portOf("frontend", found)))
}

/** The lines that install the packages of an application by the lockfile of its workspace's root, which may be its own folder. */
function installing(path: string, root: string, layout: Layout): string[] {
  const [manifest, own] = [packageJson(layout, root), packageJson(layout, path)]
  const { name, version, lockfile } = nodeManager(root, manifest, "", layout)
  const manager = MANAGERS[name]
  const members = root === path ? [] : membersOf(root, layout).map(folder => relativeTo(root, folder))
  const read = readBy(root, layout).filter(
    part => root === path || !part.includes("/") || members.some(member => isIn(member, part)),
  )
  const beside = read.filter(file => !file.includes("/") && layout.files.includes(inFolder(root, file)))
  const further = read.filter(part => !beside.includes(part))
  const install = lockfile ? manager.frozen(version) : manager.open
  const copiesAll = [manifest, own].some(each => runsOwnCode(each?.scripts ?? {}))
  const locked = lockfile ?? `${manager.lockfiles[0]}*`
  return [
    ...bringing(name, version, "node").map(words => `RUN ${words.join(" ")}`),
    ...(lockfile ? [] : [TAKEN]),
    ...(copiesAll
      ? [...(lockfile ? [] : [`COPY package.json ${locked} ./`]), "COPY . ."]
      : [
          `COPY ${["package.json", locked, ...beside].join(" ")} ./`,
          ...members.map(folder => `COPY ${folder}/package.json ${folder}/`),
          ...further.map(part => `COPY ${part} ${part}`),
        ]),
    `RUN --mount=type=cache,target=${manager.caches.at(-1)} ${install.join(" ")}`,
  ]
}

/** The files and whole folders of an application that the installation of its packages reads, beside manifests and the lockfile. */
function readBy(path: string, { files }: Layout): string[] {
  const patterns = READS.filter(glob => glob !== "**/package.json").map(
    glob => new RegExp(`^${beginning(glob)}(?=/|$)`),
  )
  const below = files.filter(file => isIn(path, file)).map(file => relativeTo(path, file))
  const parts = below.flatMap(file => patterns.flatMap(pattern => pattern.exec(file)?.[0] ?? []))
  return [...new Set(parts)].filter(part => !parts.some(other => part.startsWith(`${other}/`))).sort()
}

/** A glob as a pattern of the shortest beginning of a path. */
function beginning(glob: string): string {
  const steps: Record<string, string> = { "**/": "(?:.*?/)?", "*": "[^/]*", ".": "\\." }
  return glob.replace(/\*\*\/|[*.]/g, step => steps[step]!)
}

/** The build in a folder of a workspace: Next.js has the server below the workspace's root, at the same path. */
function builtIn(folder: string, text: string): string {
  if (folder === ".") return text
  return text
    .replaceAll("release/", `release/${folder}/`)
    .replace("COPY . .\n", `COPY . .\nWORKDIR /app/${folder}\n`)
    .replace(
      "COPY --from=build /app/release ./\n",
      `COPY --from=build /app/${folder}/release ./\nWORKDIR /app/${folder}\n`,
    )
}

/** The backend's Dockerfile for the package manager and the modules that the application has. */
export function adaptBackend(text: string, found: Found, layout: Layout): string {
  const { path: folder, context: root = folder } = found
  const has = (path: string) => layout.files.includes(inFolder(folder, path))
  const within = root === folder ? "" : `${relativeTo(root, folder)}/`
  const module = found.module ?? "app.main:app"
  const { code, data, folders } = partsOf(folder, module, layout)
  const port = portOf("backend", found)
  const own = module.split(/[.:]/)[0]!
  const command = has(`${own}/__main__.py`)
    ? ["python", "-m", own]
    : ["uvicorn", ...(found.factory ? ["--factory"] : []), module, "--host", "0.0.0.0", "--port", String(port)]
  const isMember = within !== "" && !has("uv.lock") && layout.files.includes(inFolder(root, "uv.lock"))
  const installation = isMember
    ? fromWorkspace(root, folder, layout)
    : installationOf(has, pyproject(layout, folder), within)
  return withDependencies(onBase(text, found.base), installation)
    .replace("context is the folder of the backend.", root === folder ? "$&" : `context is ${nameOf(root)}.`)
    .replace("COPY app app\n", copying(code, folders, within))
    .replace("compileall -q app", `compileall -q ${code.join(" ")}`)
    .replace(
      /# Take it out where there is no such folder\.\nCOPY migrations migrations\n/,
      copying(data, folders, within),
    )
    .replace("COPY --from=build /app/app app\n", copying(code, folders, "/app/"))
    .replace("EXPOSE 8000", `EXPOSE ${port}`)
    .replace(/^CMD .*$/m, `CMD ${JSON.stringify(command).replaceAll(",", ", ")}`)
}

/** The Dockerfile on another image, with that one's Python. */
function onBase(text: string, base = "python:3.13-slim"): string {
  const version = /python:(\d+\.\d+)/.exec(base)?.[1] ?? "3"
  return text.replaceAll("python:3.13-slim", base).replaceAll("python3.13", `python${version}`)
}

/** What an image does not need at run time. */
const NOT_RUN =
  /^(\..*|tests?|docs?|docker|venv|env|.*\.(md|lock|rst|sqlite3?|db)|pyproject\.toml|poetry\.toml|setup\.(py|cfg)|README.*|LICEN[CS]E.*|Dockerfile.*|(docker-)?compose.*\.ya?ml|Makefile|(tox|pytest|mypy)\.ini|.*requirements.*|.*constraints.*|test_.*\.py|.*_test\.py|conftest\.py|noxfile\.py)$/i

interface Parts {
  /** Files and folders with modules, which are compiled. */
  code: string[]
  /** Everything else that is not a test or a tool's: templates, migrations, settings. */
  data: string[]
  folders: string[]
}

/** What the application's folder holds, of which an image may leave nothing out. */
function partsOf(path: string, module: string, layout: Layout): Parts {
  const below = layout.files.filter(file => isIn(path, file)).map(file => relativeTo(path, file))
  const own = module.split(/[.:]/)[0]!
  const top = [...new Set(below.map(file => file.split("/")[0]!))].sort()
  const kept = top.filter(name => name === own || !NOT_RUN.test(name))
  const isCode = (name: string) =>
    !/^(alembic|migrations)$/.test(name) &&
    below.some(file => file.endsWith(".py") && (file === name || file.startsWith(`${name}/`)))
  const code = kept.filter(isCode)
  return {
    code: code.length > 0 ? code : [own],
    data: kept.filter(name => !isCode(name)),
    folders: [own, ...kept].filter(name => !below.includes(name)),
  }
}

function nameOf(folder: string): string {
  return folder === "." ? "the repository's root" : folder
}

/** The lines that copy these out of a folder, of the stage that builds or else of the context: files together, and each folder under its name. */
function copying(names: string[], folders: string[], from: string): string {
  const source = from.startsWith("/") ? "--from=build " : ""
  const files = names.filter(name => !folders.includes(name))
  return [
    ...(files.length > 0 ? [`COPY ${source}${files.map(name => `${from}${name}`).join(" ")} ./\n`] : []),
    ...names.filter(name => folders.includes(name)).map(name => `COPY ${source}${from}${name} ${name}\n`),
  ].join("")
}

/** How the dependencies are installed in place of uv's own way: what brings the tool, its cache, and the files and commands. */
interface Installation {
  tool?: { program: string; requirements: string[] }
  env?: string[]
  /** What is copied from the context, the files that go to one folder first. */
  reads: string[]
  further?: string[]
  /** The file that has the versions which the tests ran on, where the repository leaves them open. */
  pinned?: string
  /** The folder that `reads` goes to. */
  into?: string
  cache?: string
  commands: string[]
}

/** Where requirements of what runs stand in a folder of their own, the narrowest first. */
const IN_REQUIREMENTS = ["prod", "production", "base", "requirements"].map(name => `requirements/${name}.txt`)

const IN_PROJECT = ["POETRY_VIRTUALENVS_IN_PROJECT=true", "POETRY_VIRTUALENVS_OPTIONS_NO_PIP=true"]

/** The template installs by uv and its lockfile; another lockfile is installed by its own tool, requirements alone by pip's format. */
function installationOf(has: (path: string) => boolean, project: Pyproject | undefined, within: string): Installation {
  const reads = (...names: string[]) => ({ reads: names.map(name => `${within}${name}`) })
  const pinned = (name: string) => ({ pinned: `${within}${name}` })
  if (has("uv.lock")) return { ...reads("pyproject.toml", "uv.lock"), commands: ["uv sync --frozen --no-dev"] }
  if (has("poetry.lock")) return { ...BY_POETRY, ...reads("pyproject.toml", "poetry.lock") }
  if (has("pdm.lock"))
    return { ...BY_PDM, ...reads("pyproject.toml", "pdm.lock"), commands: ["pdm sync --prod --no-self"] }
  const [requirements] = ["requirements.txt", ...IN_REQUIREMENTS].filter(has)
  if (!requirements && project?.tool.poetry)
    return { ...BY_POETRY, ...reads("pyproject.toml"), ...pinned("poetry.lock") }
  if (!requirements && project?.tool.pdm) return { ...BY_PDM, ...reads("pyproject.toml"), ...pinned("pdm.lock") }
  return { ...byPip(requirements ?? "pyproject.toml", reads), ...pinned(CONSTRAINTS) }
}

const BY_POETRY = {
  tool: { program: "poetry", requirements: POETRY },
  env: IN_PROJECT,
  cache: "/root/.cache/pypoetry",
  commands: ["poetry install --no-interaction --only main --no-root"],
}

const BY_PDM = {
  tool: { program: "pdm", requirements: PDM },
  env: ["PDM_CHECK_UPDATE=false"],
  cache: "/root/.cache/pdm",
  commands: ["pdm install --prod --no-self"],
}

function byPip(requirements: string, reads: (name: string) => Pick<Installation, "reads">): Installation {
  // Files of requirements name others beside them.
  const isFolder = IN_REQUIREMENTS.includes(requirements)
  const constraints = `${isFolder ? "requirements/" : ""}${CONSTRAINTS}`
  return {
    ...reads(isFolder ? "requirements" : requirements),
    ...(isFolder && { into: "requirements/" }),
    commands: [
      // Unless cloud-native has added one.
      `touch ${constraints}`,
      "uv venv .venv",
      // UV_PYTHON of the template would be taken for the environment.
      `uv pip install --python .venv --requirement ${requirements} --constraint ${constraints}`,
    ],
  }
}

/** By the lockfile of a uv workspace: without the application itself, whose code is copied, but with the members that it depends on. */
function fromWorkspace(root: string, path: string, layout: Layout): Installation {
  const members = uvMembers(root, layout)
  const needed = membersFor(path, members, layout)
  const inRoot = (folders: string[]) => folders.map(folder => relativeTo(root, folder))
  const name = pyproject(layout, path)?.project?.name ?? path.split("/").at(-1)!
  return {
    reads: ["pyproject.toml", "uv.lock"],
    further: [
      ...inRoot(members.filter(folder => !needed.includes(folder))).map(
        folder => `COPY ${folder}/pyproject.toml ${folder}/`,
      ),
      ...inRoot(needed).map(folder => `COPY ${folder} ${folder}`),
    ],
    commands: [`uv sync --frozen --no-dev --no-editable --package ${name} --no-install-package ${name}`],
  }
}

/** Its own dependencies stay out of the environment that is copied, and out of the stage's packages. */
function isolated({ program, requirements }: NonNullable<Installation["tool"]>, options: string): string {
  const folder = `/opt/${program}`
  return [
    `python -m venv ${folder}`,
    `${folder}/bin/pip install ${options}${requirements.join(" ")}`,
    `ln -s ${folder}/bin/${program} /usr/local/bin/`,
  ].join(" \\\n    && ")
}

/** Docker copies what a pattern fits, and goes on where that is nothing. */
const TAKEN = "# The file with * has the versions that the gate ran with, where these are open: cloud-native adds it."

function withDependencies(text: string, installation: Installation): string {
  const { tool, env = [], reads, further = [], pinned, into = "./", cache = "/root/.cache/uv", commands } = installation
  const steps = [...commands, "rm -f .venv/.lock"]
  const named = tool ? text.replace(/pip install (.*)uv==\S+/, (_, options: string) => isolated(tool, options)) : text
  const copies = [`COPY ${[...reads, ...(pinned ? [`${pinned}*`] : [])].join(" ")} ${into}`, ...further]
  return named
    .replace("ENV UV_LINK_MODE=copy", ["ENV UV_LINK_MODE=copy", ...env].join(" \\\n    "))
    .replace("COPY pyproject.toml uv.lock ./", [...(pinned ? [TAKEN] : []), ...copies].join("\n"))
    .replace(/target=\/root\/\.cache\/uv \\\n +uv sync --frozen --no-dev \\\n +&& rm \.venv\/\.lock \\/, () =>
      [`target=${cache} \\`, `    ${steps.join(" \\\n    && ")} \\`].join("\n"),
    )
}
