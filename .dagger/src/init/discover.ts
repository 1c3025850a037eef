import { builtStage, parseDockerfile, withoutDigest } from "../config/dockerfile.js"
import { officialBase } from "../gate/bases.js"
import { inFolder, isIn, type Layout, parentOf, relativeTo, upwards } from "../gate/layout.js"
import { askedNode, packageJson, rootOf } from "../gate/node.js"
import { NPX } from "../gate/node-manager.js"
import { askedPython, pyproject } from "../gate/pyproject.js"
import { fastApiHealth } from "./health-routes.js"
import { type OwnDockerfiles, ownDockerfiles } from "./own-dockerfiles.js"
import { type SystemPackages, systemPackages } from "./system-packages.js"

export const APPLICATIONS = ["backend", "frontend"] as const
export type ApplicationName = (typeof APPLICATIONS)[number]

/** What was found of an application; what is unset was not found. */
export interface Found {
  path: string
  dockerfile?: string
  context?: string
  target?: string
  /** All Dockerfiles that may be its own, where there are several: without `dockerfile`, none of them is taken and none is written. */
  dockerfiles?: string[]
  /** The image that its Dockerfile builds on, or that one of the templates is to. */
  base?: string
  port?: number
  health?: string
  /** What the path of its health route may be, where the sources do not tell it; `health` is unset then. */
  healthPaths?: string[]
  /** Path that answers where there is no health route; unset where it is not known. */
  answers?: string
  /** Import path of the FastAPI application, for example app.main:app. */
  module?: string
  /** Whether that is a function that makes it. */
  factory?: true
  /** The command that makes its tables, in its image. */
  migration?: string[]
  /** The tool of a migration whose command the image may not have. */
  migrates?: string
  /** The file by which the application makes its tables itself, when it starts. */
  makesTables?: string
  database: boolean
  /** What the scheme of its DATABASE_URL names beside postgresql: +asyncpg. */
  driver?: string
  betterAuth: boolean
  /** Names of variables in its .env.example that have the form of a secret. */
  secrets: string[]
  /** Build arguments that have no default. */
  buildArgs: string[]
  hasTests: boolean
  /** What its installation needs of the system, by its Dockerfile. */
  systemPackages?: SystemPackages
}

/** Folders of tools, documentation and examples, and of tests: applications in them are not the repository's. */
const EXAMPLES =
  /(^|\/)(\.[^/]+|docs?|documentation|specs?|skills|examples?|samples?|templates?|fixtures|node_modules|venv)(\/|$)/i
const TESTING = /(^|\/)(tests?|__tests__|e2e)(\/|$)/i

/** Whether a file is of a tool, of documentation, of an example or of a test. */
export function isAside(path: string): boolean {
  return EXAMPLES.test(path) || TESTING.test(path)
}

/** The folders that hold an application of a kind, by what their manifests depend on. */
export function candidates(name: ApplicationName, layout: Layout): string[] {
  const folders = [...new Set(layout.files.map(folderOf))].filter(folder => !isAside(folder)).sort()
  const found = folders.filter(folder => (name === "frontend" ? isNext(folder, layout) : isFastApi(folder, layout)))
  const below = (folder: string) => found.filter(other => other !== folder && isIn(folder, other))
  return found.filter(
    folder =>
      // A package below an application that names the same dependency is a part of it.
      !found.some(other => other !== "." && below(other).includes(folder)) &&
      // The root of a workspace may name the dependencies of its members.
      (folder !== "." || below(folder).length === 0 || hasCode(name, below(folder), layout)),
  )
}

/** What an application has in its own folder, and the root of a workspace has not. */
const CODE: Record<ApplicationName, RegExp> = {
  backend: /\.py$/,
  frontend: /^next\.config\.\w+$|^(src\/)?(app|pages)\/.+\.[cm]?[jt]sx?$/,
}

function hasCode(name: ApplicationName, members: string[], { files }: Layout): boolean {
  return files.some(file => CODE[name].test(file) && !isAside(file) && !members.some(member => isIn(member, file)))
}

/** The files of an application: none of those in folders below, as where the root is one. */
function ownLayout(path: string, layout: Layout): Layout {
  const below = APPLICATIONS.flatMap(name => candidates(name, layout)).filter(
    other => other !== path && isIn(path, other),
  )
  const isOwn = (file: string) => isIn(path, file) && !below.some(other => isIn(other, file))
  return {
    files: layout.files.filter(isOwn),
    texts: Object.fromEntries(Object.entries(layout.texts).filter(([file]) => isOwn(file))),
  }
}

/** The folder that a file is of: requirements/base.txt is of the one that has the folder of requirements. */
function folderOf(file: string): string {
  const folder = parentOf(file)
  return /(^|\/)requirements$/.test(folder) && file.endsWith(".txt") ? parentOf(folder) : folder
}

function isNext(folder: string, layout: Layout): boolean {
  const manifest = packageJson(layout, folder)
  return manifest !== undefined && "next" in manifest.dependencies
}

function isFastApi(folder: string, layout: Layout): boolean {
  const files = layout.files.filter(
    file =>
      folderOf(file) === folder &&
      /(^|\/)(pyproject\.toml|requirements[^/]*\.txt|requirements\/[^/]+\.txt)$/.test(file),
  )
  return files.some(file => /(^|["'\s])fastapi(\[[^\]]*\])?\s*([=<>~!"',;@^]|$)/im.test(layout.texts[file] ?? ""))
}

/** Everything that can be read off an application's files. */
export function discover(name: ApplicationName, path: string, layout: Layout): Found {
  const { dockerfile, context, target, fitting } = dockerfilesOf(name, path, layout)
  const isToWrite = dockerfile === undefined && fitting === undefined
  const text = (dockerfile && layout.texts[dockerfile]) ?? ""
  const parsed = parseDockerfile(text)
  const image = builtStage(parsed, target)?.image
  const own = ownLayout(path, layout)
  const sources = Object.entries(own.texts).filter(([file]) => !EXAMPLES.test(parentOf(relativeTo(path, file))))
  const code = sources.filter(([file]) => file.endsWith(".py") && !isTestOf(file))
  return {
    path,
    dockerfile,
    context: isToWrite ? workspaceOf(name, path, layout) : context,
    target,
    dockerfiles: fitting,
    base: isToWrite ? askedBase(name, path, layout) : image && withoutDigest(image),
    port: portOf(text),
    ...(name === "frontend" ? { health: nextHealth(path, own) } : fastApiHealth(code)),
    answers: name === "frontend" ? "/" : fastApiAnswers(sources),
    ...(name === "backend" && fastApiModule(path, sources)),
    ...(name === "backend" ? backendMigration(path, own) : frontendMigration(path, text, own)),
    ...(name === "backend" && { makesTables: makesTables(sources) }),
    database: sources.some(([file, content]) => isManifest(file) && DRIVERS.test(content)),
    ...(name === "backend" && { driver: driverOf(sources) }),
    betterAuth: sources.some(([file, content]) => isManifest(file) && /"better-auth"/.test(content)),
    secrets: secretsOf(sources),
    buildArgs: parsed.required,
    hasTests: hasTests(path, own, [TESTS[name]]),
    systemPackages: systemPackages(name, text),
  }
}

/** The Dockerfiles that may be an application's own. */
export function dockerfilesOf(name: ApplicationName, path: string, layout: Layout): OwnDockerfiles {
  const others = APPLICATIONS.flatMap(each => candidates(each, layout)).filter(folder => !isIn(folder, path))
  return ownDockerfiles(name, path, others, layout)
}

/** The workspace whose member the application is: its lockfile is what installs. */
function workspaceOf(name: ApplicationName, path: string, layout: Layout): string | undefined {
  if (name === "backend") return uvWorkspaceOf(path, layout)
  const root = packageJson(layout, path) ? rootOf(path, layout) : path
  return root === path ? undefined : root
}

function uvWorkspaceOf(path: string, layout: Layout): string | undefined {
  const has = (folder: string) => layout.files.includes(inFolder(folder, "uv.lock"))
  const above = upwards(path).find(folder => has(folder) && pyproject(layout, folder)?.tool.uv?.workspace !== undefined)
  return has(path) ? undefined : above
}

/** The image that has the Python or Node.js that the repository asks for. */
function askedBase(name: ApplicationName, path: string, layout: Layout): string | undefined {
  return name === "backend"
    ? officialBase("python", askedPython(path, layout))
    : officialBase("node", askedNode(path, layout))
}

const TESTS: Record<ApplicationName, RegExp> = {
  backend: /(^|\/)(test_[^/]*|[^/]*_test)\.py$/,
  frontend: /\.(test|spec)\.[cm]?[jt]sx?$|(^|\/)__tests__\//,
}

/** Whether a folder has tests, of any kind where none is asked for. */
export function hasTests(path: string, { files }: Layout, kinds = Object.values(TESTS)): boolean {
  const isHidden = (file: string) => /(^|\/)\.[^/]+\//.test(relativeTo(path, file))
  return files.some(file => isIn(path, file) && !isHidden(file) && kinds.some(kind => kind.test(file)))
}

const DRIVERS = /\b(asyncpg|psycopg\w*|pg|postgres|@prisma\/client|drizzle-orm)\b/
const isManifest = (file: string) =>
  /(^|\/)(package\.json|pyproject\.toml|requirements[^/]*\.txt|requirements\/[^/]+\.txt)$/.test(file)

/** SQLAlchemy's driver: that of the example's DATABASE_URL, else that in the code, unless it expects an address without one. */
function driverOf(sources: [string, string][]): string | undefined {
  const given = settingsIn(sources)
    .map(line => /^\s*(?:export\s+)?DATABASE_URL=["']?postgres(?:ql)?(\+\w+)?:\/\//.exec(line))
    .find(found => found !== null)
  if (given) return given[1]
  const code = sources.filter(([file]) => file.endsWith(".py")).map(([, text]) => text)
  if (code.some(text => /\.(replace|removeprefix|startswith)\(\s*\(?["']postgresql:/.test(text))) return undefined
  return code.flatMap(text => /\bpostgresql(\+\w+):\/\//.exec(text)?.[1] ?? [])[0]
}

function portOf(dockerfile: string): number | undefined {
  const [, exposed] = /^\s*EXPOSE\s+(\d+)/im.exec(dockerfile) ?? []
  const [, given] = /--port[=",\s]+(\d+)|-p[",\s]+(\d+)/.exec(dockerfile) ?? []
  const port = exposed ?? given
  return port === undefined ? undefined : Number(port)
}

/** A route of Next.js that is called health or the like. */
function nextHealth(path: string, { files }: Layout): string | undefined {
  const [route] = files
    .filter(file => isIn(path, file))
    .flatMap(
      file =>
        /(?:^|\/)(?:app|pages)\/((?:api\/)?(?:health|healthz|livez|ping|status))(?:\/route)?\.[jt]sx?$/.exec(
          file,
        )?.[1] ?? [],
    )
    .sort((a, b) => a.length - b.length)
  return route && `/${route}`
}

/** The schema that FastAPI serves, unless it is off; else a route of the application without parameters. */
function fastApiAnswers(sources: [string, string][]): string | undefined {
  const texts = sources.filter(([file]) => file.endsWith(".py")).map(([, text]) => text)
  const schema = texts.flatMap(text => /\bopenapi_url\s*=\s*(None|["'][^"']*["']|\w+)/.exec(text)?.[1] ?? [])[0]
  if (schema === undefined) return "/openapi.json"
  if (/^["']\//.test(schema)) return schema.slice(1, -1)
  return texts
    .flatMap(text => [...text.matchAll(/@\w*app\w*\.get\(\s*["'](\/[^"'{}]*)["']/g)].map(([, route]) => route!))
    .sort((a, b) => a.length - b.length)[0]
}

/** An application that a module has, made by itself or by a factory; and the factory alone, which uvicorn calls without arguments. */
const MADE =
  /^(\w+)(?::\s*[\w.]+)?\s*=\s*(?:[\w.]+\.)?(?:FastAPI|(?:create|make|build|get|init)_(?:app|application|api))\(/m
const FACTORY = /^def ((?:create|make|build|get|init)_(?:app|application|api))\(\s*(?:\w+[^,()=]*=[^,()]*,?\s*)*\)/m

function isTestOf(file: string): boolean {
  return /(^|\/)(tests?\/|(test_|conftest)[^/]*$)/.test(file)
}

/** The module that makes the application, as uvicorn names it, and whether that is a function to call. */
function fastApiModule(path: string, sources: [string, string][]): Pick<Found, "module" | "factory"> {
  const modules = sources
    .filter(([file, text]) => /\.py$/.test(file) && !isTestOf(file) && /FastAPI\(|\bimport\b.*_app\b/.test(text))
    .sort(([a], [b]) => a.length - b.length)
  const place = (file: string, name: string) =>
    `${relativeTo(path, file).replace(/\.py$/, "").replaceAll("/", ".")}:${name}`
  for (const [pattern, factory] of [
    [MADE, undefined],
    [FACTORY, true],
  ] as const)
    for (const [file, text] of modules) {
      const name = pattern.exec(text)?.[1]
      if (name !== undefined) return { module: place(file, name), factory }
    }
  return {}
}

/** alembic, else a module that is called migrate and runs by itself. */
function backendMigration(path: string, { files, texts }: Layout): Pick<Found, "migration"> {
  const below = files
    .filter(file => isIn(path, file))
    .map(file => relativeTo(path, file))
    .sort((a, b) => a.length - b.length)
  const alembic = below.find(file => /(^|\/)alembic\.ini$/.test(file))
  if (alembic)
    return { migration: ["alembic", ...(alembic.includes("/") ? ["--config", alembic] : []), "upgrade", "head"] }
  const script = below.find(
    file => /(^|\/)migrate\.py$/.test(file) && /__main__/.test(texts[inFolder(path, file)] ?? ""),
  )
  return script ? { migration: ["python", "-m", script.replace(/\.py$/, "").replaceAll("/", ".")] } : {}
}

/** A call of SQLAlchemy's or SQLModel's create_all, which is neither a test's nor a script's. */
function makesTables(sources: [string, string][]): string | undefined {
  return sources.find(
    ([file, text]) =>
      /\.py$/.test(file) &&
      !isTestOf(file) &&
      !/(^|\/)(alembic|migrations?|scripts?)\/|(^|\/)[^/]*migrat[^/]*$/.test(file) &&
      /^[^#\n]*\.create_all\b/m.test(text),
  )?.[0]
}

/** A migrate.ts that the Dockerfile bundles, else the tool of the database library, whose command the image has with all packages. */
function frontendMigration(path: string, dockerfile: string, layout: Layout): Pick<Found, "migration" | "migrates"> {
  const has = (pattern: RegExp) => layout.files.some(file => isIn(path, file) && pattern.test(relativeTo(path, file)))
  const bundled = [...dockerfile.matchAll(/[\w.-]*migrat\w*\.[cm]?js\b/g)].at(-1)?.[0]
  if (bundled) return { migration: ["node", bundled] }
  if (has(/^migrate\.ts$/) && dockerfile === "") return { migration: ["node", "migrate.mjs"] }
  const manifest = packageJson(layout, path)
  const installed = { ...manifest?.dependencies, ...manifest?.devDependencies }
  const tool = TOOLS.find(({ files, names }) => files.some(has) || names.some(name => name in installed))
  if (!tool) return {}
  const isComplete = dockerfile !== "" && !/\.next\/standalone/.test(dockerfile)
  return { migrates: tool.name, ...(isComplete && { migration: [...NPX, ...tool.command] }) }
}

/** What makes the tables of a frontend: Better Auth's own come last, since it may keep them by one of the others. */
const TOOLS: { name: string; files: RegExp[]; names: string[]; command: string[] }[] = [
  {
    name: "Prisma",
    files: [/^(.*\/)?schema\.prisma$/, /^prisma\.config\.\w+$/],
    names: ["prisma"],
    command: ["prisma", "migrate", "deploy"],
  },
  {
    name: "Drizzle",
    files: [/^drizzle\.config\.\w+$/],
    names: ["drizzle-kit"],
    command: ["drizzle-kit", "migrate"],
  },
  {
    name: "Better Auth",
    files: [],
    names: ["@better-auth/cli", "better-auth"],
    command: ["@better-auth/cli", "migrate", "--yes"],
  },
]

const SECRET = /^(DATABASE_URL|.*_(SECRETS?|PASSWORD|TOKEN|KEY|DSN))$|SECRET/

function secretsOf(sources: [string, string][]): string[] {
  return [
    ...new Set(settingsIn(sources).flatMap(line => /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)=/.exec(line)?.[1] ?? [])),
  ].filter(name => SECRET.test(name) && !name.startsWith("NEXT_PUBLIC_"))
}

/** The lines of an application's .env.example. */
function settingsIn(sources: [string, string][]): string[] {
  return sources
    .filter(([file]) => /(^|\/)\.env(\.\w+)*\.(example|sample|template)$/.test(file))
    .flatMap(([, text]) => text.split("\n"))
}
