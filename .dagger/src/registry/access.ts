import { Secret, Service } from "@dagger.io/dagger"

import { CloudNativeError } from "../util/errors.js"
import { isLoopback } from "./reference.js"

/** How a registry is reached, and as whom. */
export interface RegistryAccess {
  username?: string
  password?: Secret
  /** The registry itself, where its address leads there from this machine only. It is spoken to in plain HTTP, as localhost. */
  service?: Service
}

/** How the registry of a host is reached. */
export type AccessTo = (host: string) => RegistryAccess | Promise<RegistryAccess>

/** A login for one registry, and for no other. */
export function accessOnlyTo(host: string, access: RegistryAccess): AccessTo {
  return asked => (asked === host ? access : {})
}

/** Half a login, or a way to a registry that needs none, is a mistake. `host` is the registry's. */
export function assertAccess({ username, password, service }: RegistryAccess, host: string): void {
  if (!username !== !password) {
    throw invalid(
      `--${username ? "username" : "password"} was given without --${username ? "password" : "username"}`,
      "a registry takes both, or neither",
      "add the other one, or leave both out",
    )
  }
  if (service && !isLoopback(host)) {
    throw invalid(
      `--registry-service was given for a registry at ${host}`,
      "it is for one at localhost, which is another address in every container",
      "leave --registry-service out, or name the registry localhost:PORT",
    )
  }
}

/** Why a tool in a container cannot reach a registry; undefined where it can. */
export function outOfReach({ service }: RegistryAccess, host: string): string | undefined {
  if (service || !isLoopback(host)) return undefined
  return `${host} is the container itself to a tool that runs in one; --registry-service=tcp://${host} leads there`
}

function invalid(what: string, why: string, fix: string): CloudNativeError {
  return new CloudNativeError({ code: "ARGUMENTS_INVALID", blame: "user", what, why, fix })
}
