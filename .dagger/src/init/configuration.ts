import type { ApplicationName, Found } from "./discover.js"
import { type Findings, healthOf, portOf } from "./manifests.js"

const DEFAULTS = {
  backend: { port: 8000, health: "/health", base: "python:3.13-slim" },
  frontend: { port: 3000, health: "/api/health", base: "node:20-alpine" },
} as const

/** cloud-native.yaml for what was found, and the list of what could not be found at its top. */
export function configurationFor(name: string, findings: Findings): string {
  const apps = ["backend", "frontend"] as const
  const database = apps.some(app => findings[app].database)
  const unknown = unknowns(findings)
  return [
    "# What init found in this repository; every key is optional.",
    ...(unknown.length > 0 ? ["#", "# What it could not find out:", ...unknown.map(text => `# - ${text}`)] : []),
    "",
    "# Names images, namespace and records: change it before the first deployment.",
    `name: ${name}`,
    ...apps.flatMap(app => ["", ...section(app, findings[app])]),
    ...(database ? ["", DATABASE.trimEnd(), ...ephemeral(findings)] : []),
    "",
  ].join("\n")
}

/** What a person has to look at, one line each. */
export function unknowns({ backend, frontend }: Findings): string[] {
  return [
    ...(backend.health ? [] : ["the backend has no health route: the probes ask /openapi.json; add GET /health"]),
    ...(frontend.health ? [] : ["the frontend has no health route: the probes ask /; add app/api/health/route.ts"]),
    ...(backend.hasTests ? [] : ["the backend has no tests"]),
    ...(frontend.hasTests ? [] : ["the frontend has no tests"]),
    ...(backend.migration || !backend.database
      ? []
      : ["the backend has a database and no migration that was found: no Job was written"]),
    ...(frontend.database && !frontend.migration
      ? ["the frontend has a database and no migrate.ts: no Job creates its tables (Better Auth, Prisma, Drizzle)"]
      : []),
    ...(backend.module || backend.dockerfile
      ? []
      : ["no file of the backend says `app = FastAPI(...)`: docker/backend.dockerfile starts app.main:app"]),
  ]
}

function section(name: ApplicationName, found: Found): string[] {
  const defaults = DEFAULTS[name]
  const port = portOf(name, found)
  const health = healthOf(name, found)
  const lines = [
    ...(found.path === name ? [] : [`path: ${found.path}`]),
    ...(found.dockerfile === undefined ? [] : [`dockerfile: ${found.dockerfile}`]),
    ...(found.context === undefined ? [] : [`context: ${found.context}`]),
    ...(port === defaults.port ? [] : [`port: ${port}`]),
    ...(health === defaults.health ? [] : [`health: ${health}`]),
    ...(found.buildArgs.length === 0
      ? []
      : [
          "# The Dockerfile's arguments without a default: set what the image needs.",
          "# buildArgs:",
          ...found.buildArgs.map(arg => `#   ${arg}: ""`),
        ]),
    ...testSection(name, found),
  ]
  return lines.length > 0 ? [`${name}:`, ...lines.map(line => `  ${line}`)] : []
}

function testSection(name: ApplicationName, found: Found): string[] {
  if (!found.hasTests)
    return [
      "# The gate refuses an application without tests, unless this says why it has none.",
      "# test: { none: the reason }",
    ]
  return found.database
    ? ["test:", "  services: [postgres]", "  env:", "    DATABASE_URL: postgresql://app@postgres:5432/app"]
    : []
}

const DATABASE = `services:
  postgres:
    image: postgres:17-alpine
    port: 5432
    user: 70
    env:
      POSTGRES_USER: app
      POSTGRES_DB: app
      # Lives for one test run or one ephemeral cluster, and nobody else reaches it.
      POSTGRES_HOST_AUTH_METHOD: trust
`

function ephemeral({ backend, frontend }: Findings): string[] {
  const url = "postgresql://app@postgres:5432/app"
  const random = [
    ...new Set([...backend.secrets, ...frontend.secrets, ...(frontend.betterAuth ? ["BETTER_AUTH_SECRET"] : [])]),
  ].filter(secret => secret !== "DATABASE_URL")
  return [
    "",
    "# An ephemeral cluster has the database, and secrets that are good for nothing else.",
    "ephemeral:",
    "  services: [postgres]",
    "  secrets:",
    ...(backend.database ? [`    BACKEND_DATABASE_URL: ${url}`] : []),
    ...(frontend.database ? [`    FRONTEND_DATABASE_URL: ${url}`] : []),
    ...(random.length > 0 ? [`  random: [${random.join(", ")}]`] : []),
  ]
}
