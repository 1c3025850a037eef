import { Container, dag, Service } from "@dagger.io/dagger"

import type { Config, ServiceConfig } from "./schema.js"

/** Bind the named backing services to a suite's container, each under the names that it has in a cluster; no other suite shares them. */
export function withServices(container: Container, suite: string, names: string[], config: Config): Container {
  return names.reduce((bound, name) => {
    const service = backingService(suite, config.services[name]!)
    return namesInCluster(name, config.namespace).reduce(
      (made, alias) => made.withServiceBinding(alias, service),
      bound,
    )
  }, container)
}

/** The names by which a pod of a namespace reaches a Service there. */
export function namesInCluster(service: string, namespace: string): string[] {
  const inNamespace = `${service}.${namespace}`
  return [service, inNamespace, `${inNamespace}.svc`, `${inNamespace}.svc.cluster.local`]
}

function backingService(suite: string, service: ServiceConfig): Service {
  const container = Object.entries(service.env).reduce(
    (made, [name, value]) => made.withEnvVariable(name, value),
    dag.container().from(service.image).withEnvVariable("CLOUD_NATIVE_SUITE", suite),
  )
  return container.withExposedPort(service.port).asService({ useEntrypoint: true })
}
