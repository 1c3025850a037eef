import { Container, dag, Service } from "@dagger.io/dagger"

import type { Config, ServiceConfig } from "./schema.js"

/** Bind the named backing services to a suite's container, each under its name in the config; no other suite shares them. */
export function withServices(container: Container, suite: string, names: string[], config: Config): Container {
  return names.reduce(
    (bound, name) => bound.withServiceBinding(name, backingService(suite, config.services[name]!)),
    container,
  )
}

function backingService(suite: string, service: ServiceConfig): Service {
  const container = Object.entries(service.env).reduce(
    (made, [name, value]) => made.withEnvVariable(name, value),
    dag.container().from(service.image).withEnvVariable("CLOUD_NATIVE_SUITE", suite),
  )
  return container.withExposedPort(service.port).asService({ useEntrypoint: true })
}
