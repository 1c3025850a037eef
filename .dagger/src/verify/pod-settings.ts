import { createHash } from "node:crypto"

import type { Config } from "../config/schema.js"
import type { Manifest } from "../manifests/manifest.js"
import { podsOf } from "../manifests/pods.js"
import { isKind, type Container, type PodTemplate } from "../manifests/shapes.js"
import { fillTokens } from "../manifests/tokens.js"

/** How a container of a pod differs from its image. */
export interface PodSettings {
  command?: string[]
  args?: string[]
  env?: Record<string, string>
  user?: string
  /** Folders that are writable whatever the root is. */
  writable?: string[]
  /** Seconds from SIGTERM until it is killed. */
  grace?: number
  /** Backing services of the config. */
  services?: string[]
  /** Variables whose values only the cluster knows: without them, that it does not run says nothing. */
  unknown?: string[]
}

type Texts = Record<string, string>

/** How the manifests run an application, with the secrets and services of an ephemeral cluster; where none does, as its tests run. */
export function podSettings(manifests: Manifest[], app: "backend" | "frontend", config: Config): PodSettings {
  const specs = manifests.filter(({ object }) => object.kind !== "Job").flatMap(({ object }) => podsOf(object)?.template.spec ?? [])
  const spec = specs.find(({ containers }) => containers.some(({ image }) => image === app))
  const container = spec?.containers.find(({ image }) => image === app)
  if (!spec || !container) return { env: config[app].test.env, services: config[app].test.services }
  const { env, unknown } = envOf(container, configMaps(manifests, config), secrets(config))
  return {
    command: container.command,
    args: container.args,
    env,
    unknown,
    user: userOf(container, spec),
    writable: writableIn(container, spec),
    grace: graceOf(container, spec),
    services: config.ephemeral.services,
  }
}

function configMaps(manifests: Manifest[], { publicUrl, namespace }: Config): Record<string, Texts> {
  const tokens = { PUBLIC_URL: publicUrl, PUBLIC_HOST: new URL(publicUrl).hostname, NAMESPACE: namespace }
  const maps = structuredClone(manifests.map(({ object }) => object)).filter(object => isKind(object, "ConfigMap"))
  for (const map of maps) fillTokens(map, tokens)
  return Object.fromEntries(maps.map(({ metadata, data }) => [metadata.name, data ?? {}]))
}

/** Those of an ephemeral cluster; what is random there is made up, the same each time, so that the cache can answer. */
function secrets({ secretName, ephemeral }: Config): Record<string, Texts> {
  const madeUp = Object.fromEntries(ephemeral.random.map(key => [key, createHash("sha256").update(key).digest("hex")]))
  return { [secretName]: { ...ephemeral.secrets, ...madeUp } }
}

function envOf(
  { env = [], envFrom = [] }: Container, configMaps: Record<string, Texts>, secrets: Record<string, Texts>,
): { env: Texts; unknown: string[] } {
  const whole = envFrom.map(({ configMapRef, secretRef }) => ({ ...configMaps[configMapRef?.name ?? ""], ...secrets[secretRef?.name ?? ""] }))
  const single = env.map(({ name, value, valueFrom }) => {
    const { configMapKeyRef: map, secretKeyRef: secret } = valueFrom ?? {}
    return { name, value: value ?? (map && configMaps[map.name]?.[map.key]) ?? (secret && secrets[secret.name]?.[secret.key]) }
  })
  const known = single.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]))
  const unknown = single.filter(({ value }) => value === undefined).map(({ name }) => name)
  return { env: Object.assign({}, ...whole, Object.fromEntries(known)) as Texts, unknown }
}

function userOf({ securityContext }: Container, { securityContext: ofPod }: PodTemplate["spec"]): string | undefined {
  const user = securityContext?.runAsUser ?? ofPod?.runAsUser
  const group = securityContext?.runAsGroup ?? ofPod?.runAsGroup
  return user === undefined ? undefined : [user, group].filter(id => id !== undefined).join(":")
}

function writableIn({ volumeMounts = [] }: Container, { volumes = [] }: PodTemplate["spec"]): string[] {
  const empty = volumes.filter(({ emptyDir }) => emptyDir).map(({ name }) => name)
  return volumeMounts.filter(({ name }) => empty.includes(name)).map(({ mountPath }) => mountPath)
}

/** What preStop takes is gone when the SIGTERM comes. */
function graceOf({ lifecycle }: Container, { terminationGracePeriodSeconds: grace }: PodTemplate["spec"]): number | undefined {
  return grace === undefined ? undefined : grace - (lifecycle?.preStop?.sleep?.seconds ?? 0)
}
