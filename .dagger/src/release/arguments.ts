import { Secret, Service } from "@dagger.io/dagger"

import type { RegistryLogin } from "../registry/login.js"
import { CloudNativeError } from "../util/errors.js"
import { plaintextOf } from "../util/secret.js"

interface ClusterArguments {
  kubeconfig?: Secret
  context?: string
  namespace?: string
  apiServer?: Service
}

/** A deployment that is meant for somebody's cluster must not go to an ephemeral one, and succeed there. */
export function assertKubeconfig({ kubeconfig, context, namespace, apiServer }: ClusterArguments): void {
  const meaningless = Object.entries({
    "--context": context,
    "--namespace": namespace,
    "--api-server": apiServer,
  }).filter(([, value]) => value)
  if (kubeconfig || meaningless.length === 0) return
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `without --kubeconfig there was given: ${meaningless.map(([flag]) => flag).join(", ")}`,
    why: "without a kubeconfig the deployment goes to an ephemeral cluster, to which that does not apply",
    fix: "add --kubeconfig=file:PATH, or leave the rest out as well",
  })
}

/** What a pull secret is made of. */
export async function loginOf(host?: string, username?: string, password?: Secret): Promise<RegistryLogin> {
  if (host && username && password) return { host, username, password: await plaintextOf(password, "--password") }
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: "--create-pull-secret was given without what it is made of",
    why: "the Secret holds the user name and the password of the registry",
    fix: "add the registry's --username and --password, and --registry where images are pushed, or leave it out",
  })
}

/** A time as scripts write it. */
export function parseTime(text: string): Date {
  const time = new Date(text)
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(time.getTime())) return time
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `"${text}" is not a time`,
    why: "expected a date and a time in ISO 8601",
    fix: "write for example 2026-11-24T16:45:00Z",
  })
}
