import { isBuiltIn, isDapr } from "./kinds.js"
import { describe, type Manifest, type Path } from "./manifest.js"
import { podsOf } from "./pods.js"
import { type Problem, problemAt } from "./problem.js"
import { type Container, isKind, type KubernetesObject, type PodTemplate } from "./shapes.js"

type Kind = "ConfigMap" | "Secret"

/** A place in an object that names a ConfigMap or a Secret. */
export interface Reference {
  kind: Kind
  name: string
  /** The keys needed; none where the whole is taken. */
  keys: string[]
  optional: boolean
  path: Path
  rename(name: string): void
}

/** Every ConfigMap and Secret that the pods of an object, the pods of a service account, or sidecars of Dapr need. */
export function referencesOf(object: KubernetesObject): Reference[] {
  if (isDapr(object.apiVersion)) return daprReferences(object)
  if (isKind(object, "ServiceAccount")) return pullSecrets(object.imagePullSecrets, ["imagePullSecrets"])
  const pods = podsOf(object)
  if (!pods) return []
  const { spec } = pods.template
  const path = [...pods.path, "spec"]
  return [
    ...(["initContainers", "containers"] as const).flatMap(
      list => spec[list]?.flatMap((container, index) => containerReferences(container, [...path, list, index])) ?? [],
    ),
    ...volumeReferences(spec.volumes, [...path, "volumes"]),
    ...pullSecrets(spec.imagePullSecrets, [...path, "imagePullSecrets"]),
  ]
}

function containerReferences({ env, envFrom }: Container, path: Path): Reference[] {
  return [
    ...(env?.flatMap(({ valueFrom }, index) => [
      ...reference("ConfigMap", valueFrom?.configMapKeyRef, [...path, "env", index, "valueFrom", "configMapKeyRef"]),
      ...reference("Secret", valueFrom?.secretKeyRef, [...path, "env", index, "valueFrom", "secretKeyRef"]),
    ]) ?? []),
    ...(envFrom?.flatMap(({ configMapRef, secretRef }, index) => [
      ...reference("ConfigMap", configMapRef, [...path, "envFrom", index, "configMapRef"]),
      ...reference("Secret", secretRef, [...path, "envFrom", index, "secretRef"]),
    ]) ?? []),
  ]
}

function volumeReferences(volumes: PodTemplate["spec"]["volumes"], path: Path): Reference[] {
  const references = volumes?.flatMap(({ configMap, secret, projected }, volume) => [
    ...reference("ConfigMap", configMap, [...path, volume, "configMap"]),
    ...reference("Secret", secret, [...path, volume, "secret"], "secretName"),
    ...(projected?.sources.flatMap((source, index) => [
      ...reference("ConfigMap", source.configMap, [...path, volume, "projected", "sources", index, "configMap"]),
      ...reference("Secret", source.secret, [...path, volume, "projected", "sources", index, "secret"]),
    ]) ?? []),
  ])
  return references ?? []
}

function pullSecrets(secrets: { name: string }[] | undefined, path: Path): Reference[] {
  return secrets?.flatMap((secret, index) => reference("Secret", secret, [...path, index])) ?? []
}

/** The Secrets that a Component names; one of another secret store names none of Kubernetes. */
function daprReferences({ auth, spec }: KubernetesObject): Reference[] {
  const { secretStore = "kubernetes" } = (auth ?? {}) as { secretStore?: unknown }
  return secretStore === "kubernetes" ? secretKeyRefs(spec, ["spec"]) : []
}

function secretKeyRefs(value: unknown, path: Path): Reference[] {
  if (!(value instanceof Object)) return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key]
    return key === "secretKeyRef" && isNamed(inner) ? reference("Secret", inner, at) : secretKeyRefs(inner, at)
  })
}

function isNamed(value: unknown): value is { name: string; key?: string } {
  return typeof (value as { name?: unknown } | null)?.name === "string"
}

/** What the forms have in common: one key, some items, or the whole. */
interface Source {
  name?: string
  secretName?: string
  key?: string
  items?: { key: string }[]
  optional?: boolean
}

function reference(
  kind: Kind,
  source: Source | undefined,
  path: Path,
  field: "name" | "secretName" = "name",
): Reference[] {
  if (!source) return []
  return [
    {
      kind,
      name: source[field]!,
      keys: source.key !== undefined ? [source.key] : (source.items?.map(({ key }) => key) ?? []),
      optional: source.optional ?? false,
      path: [...path, field],
      rename: name => void (source[field] = name),
    },
  ]
}

/** A ConfigMap or Secret that there is, or is going to be. */
export interface Available {
  kind: Kind
  name: string
  /** The names of its keys; unset where it is yet to be made. */
  keys?: string[]
}

/**
 * Whether an operator in the cluster may make that Secret of an object: of a custom one that has the Secret's name, alone or
 * as the beginning of it (Cluster shop makes shop-app), or that names it in a field. `own`: the applications' Secret of the
 * config, whose name begins like many others.
 */
export function mayMake(object: KubernetesObject, secret: string, own: string): boolean {
  const { apiVersion, metadata, ...fields } = object
  if (isBuiltIn(apiVersion) || isDapr(apiVersion)) return false
  const isNamedAfter = secret !== own && secret.startsWith(`${metadata.name}-`)
  return secret === metadata.name || isNamedAfter || holdsText(fields, secret)
}

/** Whether the Secret comes with the first pod that mounts a volume of the object, and not before. */
export function comesWithPod({ apiVersion }: KubernetesObject): boolean {
  return apiVersion.startsWith("secrets-store.csi.x-k8s.io/")
}

function holdsText(value: unknown, text: string): boolean {
  if (!(value instanceof Object)) return value === text
  return Object.values(value).some(item => holdsText(item, text))
}

/** The ConfigMaps that the manifests themselves bring. */
export function configMapsIn(manifests: Manifest[]): Available[] {
  return manifests
    .map(({ object }) => object)
    .filter(object => isKind(object, "ConfigMap"))
    .map(({ metadata: { name }, data, binaryData }) => ({
      kind: "ConfigMap",
      name,
      keys: Object.keys({ ...data, ...binaryData }),
    }))
}

/** The ConfigMaps and Secrets that the manifests themselves bring, or may have made; `own`: the applications' Secret of the config. */
export function availableIn(manifests: Manifest[], own: string): Available[] {
  const needed = neededBy(manifests).map(({ reference }) => reference)
  const secrets = new Set([...needed.filter(({ kind }) => kind === "Secret").map(({ name }) => name), own])
  const found = manifests.flatMap(({ object }) => {
    const { name } = object.metadata
    if (isKind(object, "Secret"))
      return { kind: "Secret" as const, name, keys: Object.keys({ ...object.data, ...object.stringData }) }
    return [...secrets].flatMap(secret =>
      mayMake(object, secret, own) ? { kind: "Secret" as const, name: secret } : [],
    )
  })
  return [...configMapsIn(manifests), ...found]
}

/** What the manifests must find: all they refer to, with the keys, that is not optional. */
export function neededBy(manifests: Manifest[]): { manifest: Manifest; reference: Reference }[] {
  return manifests.flatMap(manifest =>
    referencesOf(manifest.object)
      .filter(({ optional }) => !optional)
      .map(reference => ({ manifest, reference })),
  )
}

/** The references that nothing available answers: to an object that is missing, or to a key that is missing in it. */
export function* unresolved(manifests: Manifest[], available: Available[]): Generator<Problem> {
  for (const { manifest, reference } of neededBy(manifests)) {
    const { kind, name, keys, path } = reference
    const found = available.find(item => item.kind === kind && item.name === name)
    if (!found)
      yield problemAt(manifest, path, {
        code: `${kind.toUpperCase()}_MISSING`,
        what: `${describe(manifest.object)} needs the ${kind} ${name}, which does not exist`,
        fix: "create it, or correct the name",
      })
    else yield* missingKeys(manifest, reference, keysMissing(keys, found))
  }
}

/** Those of the keys that it lacks; none as long as its keys are not known. */
export function keysMissing(keys: string[], { keys: there }: Available): string[] {
  return there ? keys.filter(key => !there.includes(key)) : []
}

function* missingKeys(manifest: Manifest, { kind, name, path }: Reference, keys: string[]): Generator<Problem> {
  for (const key of keys)
    yield problemAt(manifest, path, {
      code: `${kind.toUpperCase()}_KEY_MISSING`,
      what: `${describe(manifest.object)} needs the key ${key} of the ${kind} ${name}, which has no such key`,
      fix: `add ${key} to ${name}, or correct the name of the key`,
    })
}
