import type { ApplicationName, Found } from "./discover.js"

export type Findings = Record<ApplicationName, Found>

/** What the templates say of the applications, as texts to replace. */
const CONVENTIONS = {
  backend: { port: 8000, health: "/health" },
  frontend: { port: 3000, health: "/api/health" },
} as const

/** The path that an application is asked for: its health route, or another that answers, or else the convention's. */
export function healthOf(name: ApplicationName, { health, answers }: Found): string {
  return health ?? answers ?? CONVENTIONS[name].health
}

export function portOf(name: ApplicationName, { port }: Found): number {
  return port ?? CONVENTIONS[name].port
}

/** A manifest of the templates for what was found; undefined where nothing of it is needed. */
export function adaptManifest(path: string, text: string, findings: Findings): string | undefined {
  if (path.endsWith("migration.yaml")) return adaptMigrations(text, findings)
  const named =
    path.endsWith("kustomization.yaml") && !hasMigration(findings) ? text.replace(/^.*migration\.yaml\n/m, "") : text
  return documents(named)
    .map(document => {
      const name = /^ {2}name: (backend|frontend)(?:-peers)?$/m.exec(document)?.[1] as ApplicationName | undefined
      const adapted = name ? adaptOwn(document, name, findings[name]) : document
      return adapted
        .replaceAll(
          `http://backend:${CONVENTIONS.backend.port}`,
          `http://backend:${portOf("backend", findings.backend)}`,
        )
        .replaceAll(
          `http://frontend:${CONVENTIONS.frontend.port}`,
          `http://frontend:${portOf("frontend", findings.frontend)}`,
        )
    })
    .join("---\n")
}

function adaptOwn(document: string, name: ApplicationName, found: Found): string {
  const { port, health } = CONVENTIONS[name]
  const withPorts = document.replaceAll(
    new RegExp(`(port|containerPort): ${port}$`, "gim"),
    `$1: ${portOf(name, found)}`,
  )
  const withHealth =
    found.health === health
      ? withPorts
      : withPorts
          // One route cannot answer for the process alone and for what requests need: the first is whether it listens.
          .replace(/(livenessProbe:\n +)httpGet:\n +path: .*\n/, "$1tcpSocket:\n")
          .replaceAll(new RegExp(`path: ${health}(\\?\\S*)?$`, "gm"), `path: ${healthOf(name, found)}`)
  return document.includes("kind: Deployment") ? withEnvironment(withHealth, name, found) : withHealth
}

/** The Deployment with the secrets that the application has, each from the release's Secret. */
function withEnvironment(document: string, name: ApplicationName, found: Found): string {
  const kept = document.replace(/^ {12}(#.*\n {12})?- name: \w+\n( {14}.*\n)+/gm, block =>
    isWanted(block, found) ? block : "",
  )
  const present = [...kept.matchAll(/^ {12}- name: (\w+)$/gm)].map(([, variable]) => variable)
  const added = found.secrets.filter(secret => !present.includes(secret)).map(secret => secretVariable(name, secret))
  const filled = kept.replace(/^ {10}env:\n/m, `          env:\n${added.join("")}`)
  // A list without elements is none.
  return filled.replace(/^ {10}env:\n(?! {12}[-#])/m, "")
}

function isWanted(block: string, { database, betterAuth, secrets }: Found): boolean {
  const variable = /- name: (\w+)/.exec(block)![1]!
  if (variable === "DATABASE_URL") return database || secrets.includes(variable)
  return !variable.startsWith("BETTER_AUTH") || betterAuth
}

function secretVariable(name: ApplicationName, variable: string): string {
  const key = variable === "DATABASE_URL" ? `${name.toUpperCase()}_${variable}` : variable
  return [`- name: ${variable}`, "  valueFrom:", "    secretKeyRef:", "      name: app-secrets", `      key: ${key}`]
    .map(line => `${" ".repeat(12)}${line}\n`)
    .join("")
}

function hasMigration({ backend, frontend }: Findings): boolean {
  return backend.migration !== undefined || frontend.migration !== undefined
}

function adaptMigrations(text: string, findings: Findings): string | undefined {
  const kept = documents(text).flatMap(document => {
    const name = /^ {2}name: (backend|frontend)-migration$/m.exec(document)![1] as ApplicationName
    const { migration } = findings[name]
    if (migration === undefined) return []
    return [document.replace(/command: \[.*\]/, `command: [${migration.join(", ")}]`)]
  })
  return kept.length > 0 ? kept.join("---\n") : undefined
}

function documents(text: string): string[] {
  return text.split(/^---\n/m)
}

/** A text of the templates without the numbers of this repository's own tasks. */
export function withoutTasks(text: string): string {
  return text.replace(/ \(T-\d+\)/g, "").replace(/T-\d+: (.)/g, (_, first: string) => first.toUpperCase())
}
