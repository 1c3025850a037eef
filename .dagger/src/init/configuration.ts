import { stringify } from "yaml"

import type { Deployed } from "./deployed.js"
import type { ApplicationName, Found } from "./discover.js"
import { type Findings, healthOf, portOf } from "./manifests.js"
import type { Workload } from "./workload.js"

const DEFAULTS = {
  backend: { port: 8000, health: "/health", base: "python:3.13-slim" },
  frontend: { port: 3000, health: "/api/health", base: "node:20-alpine" },
} as const

/** cloud-native.yaml for what was found; at its top the list of what could not be found, and of what is left out (`left`). */
export function configurationFor(name: string, findings: Findings, deployed?: Deployed, left: string[] = []): string {
  const apps = ["backend", "frontend"] as const
  const database = apps.some(app => findings[app].database)
  const unknown = [...unknowns(findings, deployed), ...left]
  return [
    "# What init found in this repository; every key is optional.",
    ...(unknown.length > 0 ? ["#", "# What to look at:", ...unknown.map(text => `# - ${text}`)] : []),
    "",
    "# Names images, namespace and records: change it before the first deployment.",
    `name: ${name}`,
    ...(deployed?.namespace === undefined || deployed.namespace === name ? [] : [`namespace: ${deployed.namespace}`]),
    ...(deployed ? placeSection(deployed.place) : []),
    ...(deployed?.secretName ? [`secretName: ${deployed.secretName}`] : []),
    ...apps.flatMap(app => ["", ...section(app, findings[app], deployed?.[app])]),
    ...others(deployed?.others ?? {}),
    ...(database ? ["", DATABASE.trimEnd(), ...ephemeral(findings, deployed)] : []),
    "",
  ].join("\n")
}

/** What a person has to look at, one line each. */
export function unknowns({ backend, frontend }: Findings, deployed?: Deployed): string[] {
  const asked = deployed ? "the run of its image asks" : "the probes ask"
  return [
    ...(backend.health || (deployed && backend.answers === undefined)
      ? []
      : [withoutHealth("backend", backend, asked)]),
    ...(frontend.health ? [] : [withoutHealth("frontend", frontend, asked)]),
    ...(backend.hasTests ? [] : ["the backend has no tests"]),
    ...(frontend.hasTests ? [] : ["the frontend has no tests"]),
    ...Object.entries(deployed?.others ?? {}).flatMap(([name, other]) =>
      other.hasTests ? [] : [`${name} has no tests`],
    ),
    ...severalDockerfiles("backend", backend),
    ...severalDockerfiles("frontend", frontend),
    ...(backend.module || backend.dockerfile || backend.dockerfiles
      ? []
      : ["no file of the backend makes an application by FastAPI(): docker/backend.dockerfile starts app.main:app"]),
    ...(backend.makesTables ? [madeAtStart(backend.makesTables)] : []),
    ...(deployed ? unplaced(deployed) : migrations(backend, frontend)),
    ...(deployed?.place.charts ?? []).flatMap(({ left = [] }) => left),
    ...severalNamespaces(deployed),
  ]
}

const HEALTH = { backend: "GET /health", frontend: "app/api/health/route.ts" } as const

function withoutHealth(name: ApplicationName, { answers, healthPaths }: Found, asked: string): string {
  const instead = answers ? `${asked} ${answers}` : "no path is known that answers"
  if (healthPaths)
    return `the ${name}'s health route may be ${healthPaths.join(" or ")}: ${instead}; set ${name}.health, and the probes, to the right one`
  return `the ${name} has no health route: ${instead}; add ${HEALTH[name]}`
}

/** Of several Dockerfiles, which one is taken, or that none is. */
function severalDockerfiles(name: ApplicationName, { dockerfile, dockerfiles }: Found): string[] {
  if (!dockerfiles) return []
  const fitting = `${dockerfiles.join(", ")} may each be the ${name}'s Dockerfile`
  return [
    dockerfile === undefined
      ? `${fitting}: none is taken, and none was written; name yours in ${name}.dockerfile`
      : `${fitting}: ${dockerfile} is taken; if it is another one, name that in ${name}.dockerfile`,
  ]
}

/** Not refused: most do so, and it works for as long as tables are only added. */
function madeAtStart(file: string): string {
  return `${file} makes tables when it starts (create_all): during a rollout every new pod does, while the old ones still answer, and two that start at once may both try, so that one restarts; a table that exists gets no new column: use alembic for that`
}

function placeSection({ folder, charts }: Deployed["place"]): string[] {
  // With charts, there is no folder by default.
  const manifests = folder === undefined || (folder === "k8s" && charts.length === 0) ? [] : [`manifests: ${folder}`]
  if (charts.length === 0) return manifests
  return [
    ...manifests,
    "",
    ...(charts.every(({ release }) => release !== undefined) ? [] : [UNRELEASED]),
    ...stringify({
      charts: charts.map(({ path, release, values, environments, secretValues }) => ({
        path,
        ...(release !== undefined && release !== path.split("/").at(-1) && { release }),
        ...(values && { values }),
        ...(environments && { environments }),
        ...(Object.keys(secretValues).length > 0 && { secretValues }),
      })),
    })
      .trimEnd()
      .split("\n"),
  ]
}

const UNRELEASED = "# release: the name in your `helm upgrade --install`, where that is not the folder's."

/** Namespaces that charts are deployed to today, of which the config has one. */
function severalNamespaces(deployed: Deployed | undefined): string[] {
  const found = new Set(deployed?.place.charts.flatMap(({ namespace }) => namespace ?? []))
  if (deployed?.namespace !== undefined || found.size < 2) return []
  return [`the charts are deployed to several namespaces (${[...found].join(", ")}): none is taken: set namespace`]
}

/** The applications that no container of the repository's own manifests was found to run. */
function unplaced(deployed: Deployed): string[] {
  return (["backend", "frontend"] as const)
    .filter(name => deployed[name].images.length === 0)
    .map(
      name => `no container in ${nameOf(deployed.place)} was found to run the ${name}: write image: ${name} in its own`,
    )
}

function nameOf({ folder, charts }: Deployed["place"]): string {
  return [...charts.map(({ path }) => path), ...(folder === undefined ? [] : [folder])].join(", ")
}

function migrations(backend: Found, frontend: Found): string[] {
  const toolLacks = `the image needs its command for a Job; run it in the Dockerfile's image, or bundle a migrate.ts`
  return [
    ...(backend.migration || backend.makesTables || !backend.database
      ? []
      : ["the backend has a database and no migration that was found: no Job was written"]),
    ...(frontend.migration || !frontend.database
      ? []
      : frontend.migrates
        ? [`${frontend.migrates} makes the frontend's tables, and no Job was written: ${toolLacks}`]
        : ["the frontend has a database and no migration that was found: no Job was written"]),
  ]
}

function section(name: ApplicationName, found: Found, workload?: Workload): string[] {
  const defaults = DEFAULTS[name]
  const port = portOf(name, found)
  const health = healthOf(name, found)
  const lines = [
    ...(found.path === name ? [] : [`path: ${found.path}`]),
    ...(found.dockerfile === undefined ? [] : [`dockerfile: ${found.dockerfile}`]),
    ...(found.context === undefined ? [] : [`context: ${found.context}`]),
    ...(found.target === undefined ? [] : [`target: ${found.target}`]),
    ...baseSection(name, found),
    ...(workload?.image === undefined ? [] : [`image: ${workload.image}`]),
    ...(workload?.service === undefined || workload.service === name ? [] : [`service: ${workload.service}`]),
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

/** Of an own Dockerfile it is read; one of the templates is on what the repository asks for. */
function baseSection(name: ApplicationName, { dockerfile, base = DEFAULTS[name].base }: Found): string[] {
  return dockerfile !== undefined || base === DEFAULTS[name].base ? [] : [`base: ${base}`]
}

/** The applications beside the two. */
function others(found: Deployed["others"]): string[] {
  const names = Object.keys(found)
  if (names.length === 0) return []
  const lines = names.flatMap(name => {
    const { path, dockerfile, context, service, port, health, hasTests } = found[name]!
    const settings = [
      ...(path === name ? [] : [`path: ${path}`]),
      ...(dockerfile === `${path}/Dockerfile` ? [] : [`dockerfile: ${dockerfile}`]),
      ...(context === undefined ? [] : [`context: ${context}`]),
      ...(service === undefined || service === name ? [] : [`service: ${service}`]),
      ...(port === undefined ? [] : [`port: ${port}`]),
      ...(health === undefined || health === "/health" ? [] : [`health: ${health}`]),
    ]
    const comments = hasTests ? [] : WITHOUT_TESTS
    return [`${name}:`, ...[...settings, ...comments].map(line => `  ${line}`)]
  })
  return [
    "",
    "# Without a port, an application answers no requests.",
    "applications:",
    ...lines.map(line => `  ${line}`),
  ]
}

const WITHOUT_TESTS = [
  "# The gate refuses an application without tests, unless this says why it has none.",
  "# test: { none: the reason }",
]

function testSection(name: ApplicationName, found: Found): string[] {
  if (!found.hasTests) return WITHOUT_TESTS
  const settings = [
    ...systemLines(found),
    ...(found.database ? ["services: [postgres]", "env:", `  DATABASE_URL: ${addressFor(found)}`] : []),
  ]
  return settings.length > 0 ? ["test:", ...settings.map(line => `  ${line}`)] : []
}

function systemLines({ systemPackages }: Found): string[] {
  if (!systemPackages) return []
  return "target" in systemPackages
    ? ["# The stage has the system packages that the installation needs.", `target: ${systemPackages.target}`]
    : [`packages: [${systemPackages.packages.join(", ")}]`]
}

/** The address of the database below, as an application names it. */
function addressFor({ driver = "" }: Found): string {
  return `postgresql${driver}://app@postgres:5432/app`
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

function ephemeral(findings: Findings, deployed?: Deployed): string[] {
  const keys = deployed?.secretKeys ?? secretKeys(findings)
  const addresses = keys.filter(key => key.endsWith("DATABASE_URL"))
  const random = keys.filter(key => !addresses.includes(key))
  const addressOf = (key: string) => addressFor(key.startsWith("FRONTEND_") ? findings.frontend : findings.backend)
  return [
    "",
    "# An ephemeral cluster has the database, and secrets that are good for nothing else.",
    "ephemeral:",
    // Manifests that bring a database need no other.
    ...(deployed?.hasDatabase ? [] : ["  services: [postgres]"]),
    ...(addresses.length > 0 ? ["  secrets:", ...addresses.map(key => `    ${key}: ${addressOf(key)}`)] : []),
    ...(random.length > 0 ? [`  random: [${random.join(", ")}]`] : []),
  ]
}

/** The keys of the Secret that the manifests of the templates refer to. */
function secretKeys({ backend, frontend }: Findings): string[] {
  const named = [...backend.secrets, ...frontend.secrets, ...(frontend.betterAuth ? ["BETTER_AUTH_SECRET"] : [])]
  return [
    ...(backend.database ? ["BACKEND_DATABASE_URL"] : []),
    ...(frontend.database ? ["FRONTEND_DATABASE_URL"] : []),
    ...new Set(named.filter(name => name !== "DATABASE_URL")),
  ]
}
