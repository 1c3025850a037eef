import { CloudNativeError } from "../util/errors.js"
import type { AppConfig, Config } from "./schema.js"

/** Every application by its name: the backend, the frontend, then the others. */
export function applicationsOf({
  backend,
  frontend,
  applications,
}: Pick<Config, "backend" | "frontend" | "applications">): Record<string, AppConfig> {
  return { backend, frontend, ...applications }
}

/** Where cloud-native.yaml has the settings of an application. */
export function keyOf(name: string): string {
  return name === "backend" || name === "frontend" ? name : `applications.${name}`
}

/** An application that answers requests. */
export type ServingApp = AppConfig & { port: number }

/** Those that answer requests, by name. */
export function servingOf(config: Config): Record<string, ServingApp> {
  const serves = (entry: [string, AppConfig]): entry is [string, ServingApp] => entry[1].port !== undefined
  return Object.fromEntries(Object.entries(applicationsOf(config)).filter(serves))
}

/** The configuration with each application changed. */
export function withApplications(
  config: Config,
  change: <App extends AppConfig>(app: App, name: string) => App,
): Config {
  const others = Object.entries(config.applications).map(([name, app]) => [name, change(app, name)] as const)
  return {
    ...config,
    backend: change(config.backend, "backend"),
    frontend: change(config.frontend, "frontend"),
    applications: Object.fromEntries(others),
  }
}

/** What is kept in the order of the applications, by name. */
export function byApplication<Item>(config: Config, items: Item[]): Record<string, Item> {
  return Object.fromEntries(Object.keys(applicationsOf(config)).map((name, index) => [name, items[index]!]))
}

/** Throw unless the configuration has an application of that name. */
export function assertApplication(name: string, config: Config): void {
  const names = Object.keys(applicationsOf(config))
  if (names.includes(name)) return
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `there is no application ${name}`,
    why: `the configuration has: ${names.join(", ")}`,
    fix: "name one of these, or add it to applications in cloud-native.yaml",
  })
}
