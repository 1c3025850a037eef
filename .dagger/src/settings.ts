import { Container, Directory, Secret, Service } from "@dagger.io/dagger"

import type { BuildSecrets } from "./config/dockerfile.js"
import type { Config } from "./config/schema.js"
import { capabilitiesOf } from "./kubernetes/capabilities.js"
import type { Target } from "./kubernetes/connect.js"
import type { AccessTo, RegistryAccess } from "./registry/access.js"
import { parseRegistry } from "./registry/reference.js"
import type { InputArguments } from "./release/inputs.js"
import { parseDotenv } from "./util/dotenv.js"
import { CloudNativeError } from "./util/errors.js"
import { assertReadable, plaintextOf, withoutNewline } from "./util/secret.js"

/**
 * The source, and what a team sets once for all functions. Every link of the chain has all of it as fields of its own: the
 * engine keeps core objects (secrets, containers, …) from one link to the next only there.
 */
export interface Settings {
  source: Directory
  registry?: string
  username?: string
  password?: Secret
  registryService?: Service
  signingKey?: Secret
  signingPassword?: Secret
  scanner?: Container
  kubeconfig?: Secret
  context?: string
  namespace?: string
  apiServer?: Service
  manifests?: Directory
  overlay?: string
  secrets?: Secret
  buildSecrets?: Secret
  createPullSecret: boolean
  publicUrl?: string
  timeout: string
}

/** Copy the settings to the next link of the chain. */
export function withSettings<Link extends Settings>(link: Link, from: Settings): Link {
  link.source = from.source
  link.registry = from.registry
  link.username = from.username
  link.password = from.password
  link.registryService = from.registryService
  link.signingKey = from.signingKey
  link.signingPassword = from.signingPassword
  link.scanner = from.scanner
  link.kubeconfig = from.kubeconfig
  link.context = from.context
  link.namespace = from.namespace
  link.apiServer = from.apiServer
  link.manifests = from.manifests
  link.overlay = from.overlay
  link.secrets = from.secrets
  link.buildSecrets = from.buildSecrets
  link.createPullSecret = from.createPullSecret
  link.publicUrl = from.publicUrl
  link.timeout = from.timeout
  return link
}

/** The registry and the login for it. Command-line tools end a password with a newline, which no registry takes. */
export async function accessOf({ username, password, registryService }: Settings): Promise<RegistryAccess> {
  return { username, password: await withoutNewline(password, "--password"), service: registryService }
}

/** How the registry of a host is reached: as the settings say where it is theirs, else without a login. */
export function accessToOf(settings: Settings): AccessTo {
  const { registry } = settings
  return host => (registry && parseRegistry(registry).host === host ? accessOf(settings) : {})
}

/** The password of the signing key, as a command-line tool prints it. */
export async function signingPasswordOf({ signingPassword }: Settings): Promise<Secret | undefined> {
  return withoutNewline(signingPassword, "--signing-password")
}

/** The user's cluster. */
export function targetOf({ kubeconfig, context, namespace, apiServer }: Settings): Target {
  if (kubeconfig) return { kubeconfig, context, namespace, apiServer }
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: "--kubeconfig is not set",
    why: "this function works on a cluster that exists",
    fix: "add --kubeconfig=file:PATH before the function's name, or set kubeconfig in the module's settings",
  })
}

/** What a release is made of, beside the images; of a cluster that is given, charts learn what it has. */
export function inputsOf(settings: Settings, config: Config): InputArguments {
  const { kubeconfig, manifests, overlay, namespace, secrets, publicUrl, timeout } = settings
  const capabilities = kubeconfig ? () => capabilitiesOf(targetOf(settings), config) : undefined
  return { manifests, overlay, namespace, capabilities, secrets, publicUrl, timeout }
}

/** Throw unless every secret that is set can be read. */
export async function assertSecrets(settings: Settings): Promise<void> {
  await assertReadable(namedSecrets(settings))
}

/** What Dockerfiles may mount. A secret, or the whole file, that is empty is what a workflow passes on of one that is not set. */
export async function buildSecretsOf({ buildSecrets }: Settings): Promise<BuildSecrets> {
  const dotenv = buildSecrets && (await plaintextOf(buildSecrets, "--build-secrets"))
  const values = dotenv ? parseDotenv(dotenv, "--build-secrets") : {}
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""))
}

/** The secrets whose values must not be in an image. */
export function secretsOf(settings: Settings, more: Secret[] = []): Secret[] {
  return [...Object.values(namedSecrets(settings)), ...more].filter(secret => secret !== undefined)
}

function namedSecrets(settings: Settings): Record<string, Secret | undefined> {
  const { password, signingKey, signingPassword, secrets, buildSecrets, kubeconfig } = settings
  return {
    "--password": password,
    "--signing-key": signingKey,
    "--signing-password": signingPassword,
    "--secrets": secrets,
    "--build-secrets": buildSecrets,
    "--kubeconfig": kubeconfig,
  }
}

export function registryOf({ registry }: Settings): string {
  if (registry) return registry
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: "--registry is not set",
    why: "the images need a registry to be pushed to",
    fix: "add --registry=HOST/PATH before the function's name, or set registry in the module's settings",
  })
}

/** A token's prefix, a key, or a password before an @. */
const PLAIN_SECRET = /^(gh[pousr]_|github_pat_|glpat-|dckr_pat_|eyJ)|-----BEGIN|(^|:\/\/)[^/@]*:[^/@]+@/

/** Settings are kept in files of the repository: one that looks like a secret is refused by its name. */
export function assertNoPlainSecret(settings: Record<string, string | undefined>): void {
  const plain = Object.keys(settings).filter(name => PLAIN_SECRET.test(settings[name] ?? ""))
  if (plain.length === 0) return
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `not a place for a secret: ${plain.join(", ")}`,
    why: "the value, which is not shown, looks like a token, a key or a password; only password, signingKey, signingPassword, kubeconfig, secrets and buildSecrets are kept secret",
    fix: "put it into one of these, as env:NAME, file:PATH or cmd:COMMAND, and revoke it if it has been committed",
  })
}
