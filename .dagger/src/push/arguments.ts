import { Secret } from "@dagger.io/dagger"

import { applicationsOf } from "../config/applications.js"
import type { Config } from "../config/schema.js"
import { assertAccess, outOfReach, type RegistryAccess } from "../registry/access.js"
import type { SigningKey } from "../registry/cosign.js"
import type { RegistryPath } from "../registry/reference.js"
import { CloudNativeError } from "../util/errors.js"
import type { PushedImages } from "./publish.js"

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

/** The images of NAME=REFERENCE, in the order of the applications; throws unless each application has one. */
export function parseImages(texts: string[], config: Config): PushedImages {
  const names = Object.keys(applicationsOf(config))
  const given = new Map(
    texts.map(text => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)] as const),
  )
  const unknown = [...given.keys()].filter(name => !names.includes(name))
  const missing = names.filter(name => !given.get(name))
  if (unknown.length === 0 && missing.length === 0)
    return Object.fromEntries(names.map(name => [name, given.get(name)!]))
  throw invalid(
    "the images are not those of the applications",
    [
      ...unknown.map(name => `no application is called "${name}"`),
      ...missing.map(name => `no image is given for ${name}`),
    ].join("\n"),
    `give one for each of ${names.join(", ")}; beside --backend and --frontend as --applications=NAME=REFERENCE`,
  )
}

function invalid(what: string, why: string, fix: string): CloudNativeError {
  return new CloudNativeError({ code: "ARGUMENTS_INVALID", blame: "user", what, why, fix })
}
