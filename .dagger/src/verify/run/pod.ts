import { createHash } from "node:crypto"

import type { AppConfig, Config } from "../../config/schema.js"
import type { Manifest } from "../../manifests/manifest.js"
import { DEFAULT_GRACE, podsOf } from "../../manifests/pods.js"
import { probeHeadersOf } from "../../manifests/probe-headers.js"
import { entriesOf, fillSecretValues, holdsSecretValues } from "../../manifests/secret-values.js"
import { selects, serviceNamed } from "../../manifests/services.js"
import { type Container, isKind, type KubernetesObject, type PodTemplate } from "../../manifests/shapes.js"
import { fillTokens } from "../../manifests/tokens.js"
import { expand, type Variables, variablesIn } from "../../manifests/variables.js"

/** How a container of a pod differs from its image. */
export interface PodSettings {
  command?: string[]
  args?: string[]
  workdir?: string
  env?: Record<string, string>
  user?: string
  /** Headers that the probes send. */
  headers?: Record<string, string>
  /** Folders that are writable whatever the root is. */
  writable?: string[]
  /** Seconds from SIGTERM until it is killed. */
  grace?: number
  /** Backing services of the config. */
  services?: string[]
  /** Variables, sources of them and volumes that only the cluster knows: without them, that it does not run says nothing. */
  unknown?: string[]
  /** Names of the volumes among these. */
  volumes?: string[]
}

type Texts = Record<string, string>

/**
 * How the manifests run an application, with the secrets of an ephemeral cluster, and the services of that and of its tests: of
 * a database in the manifests, there is none here. Where no manifest runs it, as its tests run.
 */
export function podSettings(manifests: Manifest[], name: string, app: AppConfig, config: Config): PodSettings {
  const objects = manifests.map(({ object }) => object)
  const found = podOf(objects, name, app.service)
  if (!found) return { env: app.test.env, services: app.test.services }
  return {
    ...containerSettings(found.container, found.template, knownOf(objects, config), config),
    services: [...new Set([...config.ephemeral.services, ...app.test.services])],
  }
}

/** What of the variables of pods is known without a cluster. */
export interface Known {
  configMaps: Record<string, Texts>
  secrets: Record<string, Texts>
}

/** The ConfigMaps among objects, and the secrets of an ephemeral cluster as the Secret of that name. */
export function knownOf(objects: KubernetesObject[], config: Config, secretName = config.secretName): Known {
  return { configMaps: configMaps(objects, config), secrets: secrets(objects, config, secretName) }
}

/** How a container of a pod is run, with what is known of its variables. */
export function containerSettings(
  container: Container,
  template: PodTemplate,
  known: Known,
  config: Config,
): PodSettings {
  const { spec } = template
  const { env, unknown } = envOf(container, { ...known, fields: path => fieldOf(path, template, config) })
  const mounts = mountsOf(container, spec)
  const volumes = [...new Set(mounts.filter(({ isEmpty }) => !isEmpty).map(({ name }) => name))]
  return {
    command: wordsOf(container.command, env),
    args: wordsOf(container.args, env),
    workdir: container.workingDir,
    env,
    unknown: [...unknown, ...volumes.map(name => `volume ${name}`)],
    volumes,
    user: userOf(container, spec),
    headers: probeHeadersOf(container),
    writable: mounts.filter(({ isEmpty }) => isEmpty).map(({ mountPath }) => mountPath),
    grace: graceOf(container, spec),
  }
}

/** The pods of an image that answer requests, with its container; undefined where no manifest runs it. */
export function podOf(
  objects: KubernetesObject[],
  image: string,
  service: string,
): { template: PodTemplate; container: Container } | undefined {
  const template = templateOf(objects, image, service)
  return template && { template, container: template.spec.containers.find(each => each.image === image)! }
}

/** A worker or a nightly job may have the same image. */
function templateOf(objects: KubernetesObject[], image: string, service: string): PodTemplate | undefined {
  const templates = objects
    .filter(({ kind }) => kind !== "Job" && kind !== "CronJob")
    .flatMap(object => podsOf(object)?.template ?? [])
  const ofApp = templates.filter(({ spec }) => spec.containers.some(container => container.image === image))
  const selector = serviceNamed(objects, service)?.spec.selector
  return ofApp.find(({ metadata }) => selects(selector, metadata?.labels)) ?? ofApp[0]
}

function configMaps(objects: KubernetesObject[], { publicUrl, namespace }: Config): Record<string, Texts> {
  const tokens = { PUBLIC_URL: publicUrl, PUBLIC_HOST: new URL(publicUrl).hostname, NAMESPACE: namespace }
  const maps = structuredClone(objects).filter(object => isKind(object, "ConfigMap"))
  for (const map of maps) fillTokens(map, tokens)
  return Object.fromEntries(maps.map(({ metadata, data }) => [metadata.name, data ?? {}]))
}

/** Those of an ephemeral cluster; what is random there is made up, the same each time, so that the cache can answer. */
export function madeUpSecrets({ ephemeral }: Pick<Config, "ephemeral">): Texts {
  const madeUp = Object.fromEntries(ephemeral.random.map(key => [key, createHash("sha256").update(key).digest("hex")]))
  return { ...ephemeral.secrets, ...madeUp }
}

function secrets(objects: KubernetesObject[], config: Config, secretName: string): Record<string, Texts> {
  const values = madeUpSecrets(config)
  const ofCharts = structuredClone(objects.filter(object => holdsSecretValues({ object }))).map(
    (object): [string, Texts] => {
      fillSecretValues(object, values)
      return [object.metadata.name, Object.fromEntries(entriesOf(object).map(({ key, text }) => [key, text]))]
    },
  )
  return { ...Object.fromEntries(ofCharts), [secretName]: values }
}

interface Sources extends Known {
  /** What a pod may say of itself. */
  fields: (path: string) => string | undefined
}

/** The container's environment as the kubelet makes it: sources first, then variable by variable, each may refer to those before it. */
function envOf({ env = [], envFrom = [] }: Container, known: Sources): { env: Variables; unknown: string[] } {
  const values: Variables = {}
  const unknown: string[] = []
  for (const { prefix = "", configMapRef: map, secretRef: secret } of envFrom) {
    const reference = map ?? secret
    if (!reference) continue
    const source = (map ? known.configMaps : known.secrets)[reference.name]
    for (const [key, value] of Object.entries(source ?? {})) values[prefix + key] = value
    if (!source && !reference.optional) unknown.push(`${map ? "ConfigMap" : "Secret"} ${reference.name}`)
  }
  for (const variable of env) {
    const value = valueOf(variable, values, unknown, known)
    const { configMapKeyRef: map, secretKeyRef: secret } = variable.valueFrom ?? {}
    if (value !== undefined) values[variable.name] = value
    else if (!(map ?? secret)?.optional) unknown.push(variable.name)
  }
  return { env: values, unknown }
}

/** A variable's value; undefined where it, or one that it refers to, is unknown. */
function valueOf(
  { value = "", valueFrom }: NonNullable<Container["env"]>[number],
  before: Variables,
  unknown: string[],
  { configMaps, secrets, fields }: Sources,
): string | undefined {
  if (!valueFrom) return variablesIn(value).some(name => unknown.includes(name)) ? undefined : expand(value, before)
  const { configMapKeyRef: map, secretKeyRef: secret, fieldRef: field } = valueFrom
  const found = [
    map && configMaps[map.name]?.[map.key],
    secret && secrets[secret.name]?.[secret.key],
    field && fields(field.fieldPath),
  ]
  return found.find(text => text !== undefined)
}

/** What the downward API would give; undefined: it is not made up. */
function fieldOf(path: string, { metadata, spec }: PodTemplate, { namespace }: Config): string | undefined {
  const found = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path)
  if (found) return metadata?.[found[1] as "labels" | "annotations"]?.[found[2]!] ?? ""
  const fields: Texts = {
    "metadata.name": "trial",
    "metadata.namespace": namespace,
    "metadata.uid": "00000000-0000-0000-0000-000000000000",
    "spec.nodeName": "trial",
    "spec.serviceAccountName": spec.serviceAccountName ?? "default",
    "status.podIP": "127.0.0.1",
    "status.podIPs": "127.0.0.1",
    "status.hostIP": "127.0.0.1",
    "status.hostIPs": "127.0.0.1",
  }
  return fields[path]
}

/** An empty list is none. */
function wordsOf(words: string[] = [], env: Texts): string[] | undefined {
  return words.length > 0 ? words.map(word => expand(word, env)) : undefined
}

/** The volumes that a container mounts: those that start empty, and those whose content only the cluster has, as a StatefulSet's claims. */
function mountsOf({ volumeMounts = [] }: Container, { volumes = [] }: PodTemplate["spec"]) {
  const empty = volumes.filter(({ emptyDir }) => emptyDir).map(({ name }) => name)
  return volumeMounts.map(({ name, mountPath }) => ({ name, mountPath, isEmpty: empty.includes(name) }))
}

function userOf({ securityContext }: Container, { securityContext: ofPod }: PodTemplate["spec"]): string | undefined {
  const user = securityContext?.runAsUser ?? ofPod?.runAsUser
  const group = securityContext?.runAsGroup ?? ofPod?.runAsGroup
  return user === undefined ? undefined : [user, group].filter(id => id !== undefined).join(":")
}

/** Seconds that the kubelet gives a container whose preStop has taken all of its grace. */
const LEAST = 2

/** What preStop takes is gone when the SIGTERM comes. */
function graceOf(
  { lifecycle }: Container,
  { terminationGracePeriodSeconds: grace = DEFAULT_GRACE }: PodTemplate["spec"],
): number {
  return Math.max(LEAST, grace - (lifecycle?.preStop?.sleep?.seconds ?? 0))
}
