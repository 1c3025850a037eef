import { Container, dag, Service } from "@dagger.io/dagger"

import type { Config, ServiceConfig } from "./config/schema.js"

/** Bind the named backing services to a container, each under its name in the config. */
export function withServices(container: Container, names: string[], config: Config): Container {
  return names.reduce((bound, name) => bound.withServiceBinding(name, backingService(config.services[name]!)), container)
}

function backingService(service: ServiceConfig): Service {
  const container = Object.entries(service.env).reduce(
    (made, [name, value]) => made.withEnvVariable(name, value),
    dag.container().from(service.image),
  )
  return container.withExposedPort(service.port).asService({ useEntrypoint: true })
}
