import { builtStage, parseDockerfile, withoutDigest } from "../config/dockerfile.js"
import { inFolder, isIn, type Layout, parentOf } from "../gate/layout.js"
import { packageJson } from "../gate/node.js"

export type ApplicationName = "backend" | "frontend"

/** What was found of an application; what is unset was not found. */
export interface Found {
  path: string
  dockerfile?: string
  context?: string
  base?: string
  port?: number
  health?: string
  /** Import path of the FastAPI application, for example app.main:app. */
  module?: string
  /** How its tables come about. */
  migration?: "alembic" | "script"
  database: boolean
  betterAuth: boolean
  /** Names of variables in its .env.example that have the form of a secret. */
  secrets: string[]
  /** Build arguments that have no default. */
  buildArgs: string[]
  hasTests: boolean
}

/** Folders of tools, documentation and examples: applications in them are not the repository's. */
const ASIDE =
  /(^|\/)(\.[^/]+|docs?|documentation|specs?|skills|examples?|samples?|templates?|fixtures|node_modules|venv)(\/|$)/

/** The folders that hold an application of a kind, by what their manifests depend on. */
export function candidates(name: ApplicationName, layout: Layout): string[] {
  const folders = [...new Set(layout.files.map(parentOf))].filter(folder => !ASIDE.test(folder)).sort()
  const found = folders.filter(folder => (name === "frontend" ? isNext(folder, layout) : isFastApi(folder, layout)))
  // A package below an application that names the same dependency is a part of it.
  return found.filter(folder => !found.some(other => other !== folder && other !== "." && isIn(other, folder)))
}

function isNext(folder: string, layout: Layout): boolean {
  const manifest = packageJson(layout, folder)
  return manifest !== undefined && "next" in manifest.dependencies
}

function isFastApi(folder: string, layout: Layout): boolean {
  const files = layout.files.filter(
    file => parentOf(file) === folder && /(^|\/)(pyproject\.toml|requirements[^/]*\.txt)$/.test(file),
  )
  return files.some(file => /(^|["'\s])fastapi(\[[^\]]*\])?\s*([=<>~!"',;@^]|$)/im.test(layout.texts[file] ?? ""))
}

/** Everything that can be read off an application's files. */
export function discover(name: ApplicationName, path: string, layout: Layout): Found {
  const dockerfile = ["Dockerfile", "Dockerfile.prod", "Dockerfile.production", "docker/Dockerfile"]
    .flatMap(file => [inFolder(path, file), ...(path === "." ? [] : [`docker/${path.split("/").at(-1)}.dockerfile`])])
    .find(file => layout.files.includes(file))
  const text = (dockerfile && layout.texts[dockerfile]) ?? ""
  const parsed = parseDockerfile(text)
  const image = builtStage(parsed)?.image
  const sources = Object.entries(layout.texts).filter(([file]) => isIn(path, file))
  return {
    path,
    dockerfile,
    context: dockerfile && copiesFrom(text, path) ? "." : undefined,
    base: image === undefined ? undefined : withoutDigest(image),
    port: portOf(text),
    health: name === "frontend" ? nextHealth(path, layout) : fastApiHealth(sources),
    module: name === "backend" ? fastApiModule(path, sources) : undefined,
    migration: migrationOf(name, path, layout),
    database: sources.some(([file, content]) => isManifest(file) && DRIVERS.test(content)),
    betterAuth: sources.some(([file, content]) => isManifest(file) && /"better-auth"/.test(content)),
    secrets: secretsOf(sources),
    buildArgs: parsed.required,
    hasTests: layout.files.some(file => isIn(path, file) && TESTS[name].test(file)),
  }
}

const TESTS: Record<ApplicationName, RegExp> = {
  backend: /(^|\/)(test_[^/]*|[^/]*_test)\.py$/,
  frontend: /\.(test|spec)\.[cm]?[jt]sx?$|(^|\/)__tests__\//,
}
const DRIVERS = /\b(asyncpg|psycopg\w*|pg|postgres|@prisma\/client|drizzle-orm)\b/
const isManifest = (file: string) => /(^|\/)(package\.json|pyproject\.toml|requirements[^/]*\.txt)$/.test(file)

/** Whether a Dockerfile copies by paths from the repository's root. */
function copiesFrom(dockerfile: string, path: string): boolean {
  return (
    path !== "." &&
    new RegExp(`^\\s*(COPY|ADD)\\s+(--\\S+\\s+)*(\\./)?${path.replace(/[.+]/g, "\\$&")}(/|\\s)`, "m").test(dockerfile)
  )
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

/** The first route whose name says that it is a health check, with the prefix of its router where that is a text. */
function fastApiHealth(sources: [string, string][]): string | undefined {
  const routes = sources
    .filter(([file]) => file.endsWith(".py"))
    .flatMap(([, text]) =>
      [
        ...text.matchAll(
          /(?:@(\w+)\.(?:get|api_route)|\b(\w+)\.add_(?:api_)?route)\(\s*["']([^"']*\b(?:health|healthz|livez|readyz|ping)\b[^"']*)["']/g,
        ),
      ].map(([, decorated, called, route]) => ({ router: (decorated ?? called)!, route: route!, text })),
    )
  const direct = routes.find(({ router }) => router === "app") ?? routes[0]
  if (!direct) return undefined
  const prefix =
    new RegExp(`\\b${direct.router}\\s*=\\s*APIRouter\\([^)]*prefix=["']([^"']+)["']`).exec(direct.text)?.[1] ?? ""
  return `${prefix}${direct.route}`
}

/** The module that makes the application, as uvicorn names it. */
function fastApiModule(path: string, sources: [string, string][]): string | undefined {
  const made = sources
    .filter(
      ([file, text]) =>
        file.endsWith(".py") && !/(^|\/)tests?\//.test(file) && /^(\w+)(?::\s*\w+)?\s*=\s*FastAPI\(/m.test(text),
    )
    .sort(([a], [b]) => a.length - b.length)[0]
  if (!made) return undefined
  const [file, text] = made
  const variable = /^(\w+)(?::\s*\w+)?\s*=\s*FastAPI\(/m.exec(text)![1]!
  const module = (path === "." ? file : file.slice(path.length + 1)).replace(/\.py$/, "").replaceAll("/", ".")
  return `${module}:${variable}`
}

function migrationOf(name: ApplicationName, path: string, layout: Layout): Found["migration"] {
  if (name === "frontend") return layout.files.includes(inFolder(path, "migrate.ts")) ? "script" : undefined
  if (layout.files.includes(inFolder(path, "alembic.ini"))) return "alembic"
  return layout.files.includes(inFolder(path, "app/migrate.py")) ? "script" : undefined
}

const SECRET = /^(DATABASE_URL|.*_(SECRETS?|PASSWORD|TOKEN|KEY|DSN))$|SECRET/

function secretsOf(sources: [string, string][]): string[] {
  const lines = sources
    .filter(([file]) => /(^|\/)\.env(\.\w+)*\.(example|sample|template)$/.test(file))
    .flatMap(([, text]) => text.split("\n"))
  return [...new Set(lines.flatMap(line => /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)=/.exec(line)?.[1] ?? []))].filter(
    name => SECRET.test(name) && !name.startsWith("NEXT_PUBLIC_"),
  )
}
