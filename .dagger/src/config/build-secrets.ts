import { Container, dag, Secret } from "@dagger.io/dagger"

import { type BuildSecrets, keyOf, type SecretMount } from "./dockerfile.js"

/** The secrets that a Dockerfile mounts, as far as they are given, by their ids. */
export function secretsFor(mounts: SecretMount[], values: BuildSecrets): Secret[] {
  const ids = new Set(given(mounts, values).map(({ id }) => id))
  return [...ids].map(id => secretOf(id, values))
}

/** The same secrets for commands that are no steps of the Dockerfile: as variables. */
export function withSecretVariables(container: Container, mounts: SecretMount[], values: BuildSecrets): Container {
  return given(mounts, values).reduce(
    (made, mount) => made.withSecretVariable(variableOf(mount), secretOf(mount.id, values)),
    container,
  )
}

export function withoutSecretVariables(container: Container, mounts: SecretMount[]): Container {
  return mounts.reduce((made, mount) => made.withoutSecretVariable(variableOf(mount)), container)
}

function given(mounts: SecretMount[], values: BuildSecrets): SecretMount[] {
  return mounts.filter(({ id }) => keyOf(id) in values)
}

function variableOf({ id, env }: SecretMount): string {
  return env ?? keyOf(id)
}

function secretOf(id: string, values: BuildSecrets): Secret {
  return dag.setSecret(id, values[keyOf(id)]!)
}
