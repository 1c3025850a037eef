import { Secret } from "@dagger.io/dagger"

import { assertAccess, outOfReach, type RegistryAccess } from "../registry/access.js"
import type { SigningKey } from "../registry/cosign.js"
import type { RegistryPath } from "../registry/reference.js"
import { CloudNativeError } from "../util/errors.js"

/** Check the arguments of a push before anything is built; answers with the signing key, if there is one. */
export function assertPush(
  { host }: RegistryPath,
  access: RegistryAccess,
  key?: Secret,
  password?: Secret,
): SigningKey | undefined {
  assertAccess(access, host)
  if (!key && password) {
    throw invalid(
      "--signing-password was given without --signing-key",
      "it is the password of that key",
      "add --signing-key, or leave it out",
    )
  }
  const unreachable = key && outOfReach(access, host)
  if (unreachable)
    throw invalid(
      "--signing-key was given for a registry that cannot be reached to sign",
      unreachable,
      `add --registry-service=tcp://${host}`,
    )
  return key && { key, password }
}

/** A deployment that pushes what its own policy refuses is known to fail. */
export function assertSigned(publicKey: string | undefined, key: SigningKey | undefined): void {
  if (key || !publicKey) return
  throw invalid(
    "there is no --signing-key, and the policy lets only signed images run",
    "policy.publicKey of cloud-native.yaml is set",
    "add --signing-key, its private key; or deploy images that were signed before: release --backend=… --frontend=… deploy",
  )
}

function invalid(what: string, why: string, fix: string): CloudNativeError {
  return new CloudNativeError({ code: "ARGUMENTS_INVALID", blame: "user", what, why, fix })
}
