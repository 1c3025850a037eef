import type { RegistryLogin } from "../registry/login.js"
import { nameConfigByContent, nameJobByContent } from "./content-names.js"
import { hookProblems, waveOf } from "./hooks.js"
import { appOf, imageProblems, placeImages } from "./images.js"
import { applyRank, CLUSTER_SCOPED, isConfig, isDapr } from "./kinds.js"
import { describe, type Manifest } from "./manifest.js"
import { podsOf } from "./pods.js"
import { assertNone, type Problem, problemAt } from "./problem.js"
import { pullSecretFor } from "./pull-secret.js"
import { mayMake, referencesOf } from "./references.js"
import { fillSecretValues, holdsSecretValues, secretValueProblems } from "./secret-values.js"
import { isKind, type KubernetesObject } from "./shapes.js"
import { secretSizeProblems, sizeProblems } from "./size.js"
import { fillTokens, tokenProblems } from "./tokens.js"
import { waveProblems } from "./waves.js"

export type { KubernetesObject } from "./shapes.js"

export interface ReleaseInputs {
  name: string
  namespace: string
  /** References by digest, by placeholder. */
  images: Record<string, string>
  publicUrl: string
  /** The Secret that `secrets` become. */
  secretName: string
  /** The applications' secrets; none: they are in the namespace already. */
  secrets?: Record<string, string>
  /** Whether the monitor reads that Secret. */
  isMonitored?: boolean
  /** What the nodes pull with, as a Secret of the release; none: they can pull already. */
  registryLogin?: RegistryLogin
  /** Put on the pods as an annotation: another value rolls them once more. */
  restartedAt?: string
}

export interface Workload {
  kind: string
  name: string
  namespace: string
  app?: string
}

/** What to apply, in this order: config and secrets, migrations (to completion), objects. */
export interface Release {
  config: KubernetesObject[]
  /** Never to be printed. */
  secrets: KubernetesObject[]
  migrations: KubernetesObject[]
  objects: KubernetesObject[]
  workloads: Workload[]
  /** The applications' Secret, as it is called in the cluster. */
  secretName: string
}

/** Make the manifests of one release; throws one error that names every problem. Its inputs are left as they are. */
export function render(manifests: Manifest[], inputs: ReleaseInputs): Release {
  const namespaced = manifests.filter(({ object }) => object.kind !== "Namespace")
  assertNone([...problemsOf(namespaced, inputs)])
  const secret = isNeeded(namespaced, inputs) ? appSecret(inputs) : []
  const own = structuredClone(namespaced.map(({ object }) => object))
  const objects = [...own, ...secret, ...(inputs.registryLogin ? [pullSecretFor(own, inputs.registryLogin)] : [])]
  const workloads = objects.filter(isWorkload).map(object => workloadOf(object, inputs))
  const tokens = {
    PUBLIC_URL: inputs.publicUrl,
    PUBLIC_HOST: new URL(inputs.publicUrl).hostname,
    NAMESPACE: inputs.namespace,
  }
  for (const object of objects) {
    fillSecretValues(object, inputs.secrets ?? {})
    placeImages(object, inputs.images)
    fillTokens(object, tokens)
    mark(object, inputs)
  }
  nameConfigByContent(objects)
  for (const object of objects) if (isKind(object, "Job")) nameJobByContent(object)
  return {
    ...inPhases(objects, inputs.secretName),
    workloads,
    secretName: secret[0]?.metadata.name ?? inputs.secretName,
  }
}

function* problemsOf(manifests: Manifest[], inputs: ReleaseInputs): Generator<Problem> {
  yield* scopeProblems(manifests, inputs.namespace)
  yield* imageProblems(manifests, Object.keys(inputs.images))
  yield* tokenProblems(manifests)
  yield* hookProblems(manifests)
  yield* waveProblems(manifests, Object.keys(inputs.images))
  yield* sizeProblems(manifests)
  yield* secretValueProblems(manifests, inputs.secrets ?? {})
  yield* secretProblems(manifests, inputs)
  if (!URL.canParse(inputs.publicUrl))
    yield {
      code: "PUBLIC_URL_INVALID",
      what: `the public URL is not one: "${inputs.publicUrl}"`,
      fix: "give the address that users open, for example https://shop.example.com",
    }
}

function* scopeProblems(manifests: Manifest[], namespace: string): Generator<Problem> {
  for (const manifest of manifests) {
    const { kind, metadata } = manifest.object
    if (CLUSTER_SCOPED.has(kind))
      yield problemAt(manifest, ["kind"], {
        code: "CLUSTER_SCOPED",
        what: `${describe(manifest.object)} belongs to the whole cluster, not to the namespace ${namespace}`,
        fix: "keep it out of the release and install it once per cluster",
      })
    else if (metadata.namespace !== undefined && metadata.namespace !== namespace)
      yield problemAt(manifest, ["metadata", "namespace"], {
        code: "NAMESPACE_FOREIGN",
        what: `${describe(manifest.object)} is for the namespace ${metadata.namespace}, the release goes to ${namespace}`,
        fix: "leave metadata.namespace out: the module sets it",
      })
  }
}

/** Whether the secrets given are what the manifests refer to. */
function* secretProblems(manifests: Manifest[], inputs: ReleaseInputs): Generator<Problem> {
  const { secretName, secrets } = inputs
  yield* secretSizeProblems(secrets ?? {})
  if (secrets && !manifests.some(holdsSecretValues) && !refersToSecret(manifests, secretName))
    yield {
      code: "SECRETS_NOT_USED",
      what: `secrets were given, but no manifest refers to the Secret ${secretName}`,
      fix: `refer to its keys by secretKeyRef with name: ${secretName}, or give no secrets`,
    }
}

/** Where charts take the values, a Secret of all of them may be one too many. */
function isNeeded(manifests: Manifest[], { secretName, isMonitored }: ReleaseInputs): boolean {
  return isMonitored === true || refersToSecret(manifests, secretName) || !manifests.some(holdsSecretValues)
}

function refersToSecret(manifests: Manifest[], secret: string): boolean {
  return manifests.some(({ object }) =>
    referencesOf(object).some(({ kind, name }) => kind === "Secret" && name === secret),
  )
}

function appSecret({ secretName, secrets }: ReleaseInputs): KubernetesObject[] {
  if (!secrets) return []
  const data = Object.fromEntries(
    Object.entries(secrets).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  )
  return [{ apiVersion: "v1", kind: "Secret", metadata: { name: secretName }, type: "Opaque", data }]
}

function isWorkload(object: KubernetesObject): boolean {
  return isKind(object, "Deployment") || isKind(object, "StatefulSet") || isKind(object, "DaemonSet")
}

function workloadOf(object: KubernetesObject, { namespace, images }: ReleaseInputs): Workload {
  return { kind: object.kind, name: object.metadata.name, namespace, app: appOf(object, Object.keys(images)) }
}

/** What tells the objects that this module has applied for a config of this name. */
export function ownLabels(name: string): Record<string, string> {
  return { "app.kubernetes.io/part-of": name, "app.kubernetes.io/managed-by": "cloud-native" }
}

/** Namespace, labels and annotations. Selectors are left alone, and so are labels that a pod template sets itself. */
function mark(object: KubernetesObject, { name, namespace, restartedAt }: ReleaseInputs): void {
  const labels = ownLabels(name)
  object.metadata.namespace = namespace
  object.metadata.labels = { ...object.metadata.labels, ...labels }
  const template = podsOf(object)?.template
  if (!template) return
  template.metadata = { ...template.metadata, labels: { ...labels, ...template.metadata?.labels } }
  if (restartedAt && isWorkload(object))
    template.metadata.annotations = { ...template.metadata.annotations, "cloud-native/restarted-at": restartedAt }
}

function inPhases(objects: KubernetesObject[], secretName: string): Omit<Release, "workloads" | "secretName"> {
  const ordered = [...objects].sort((a, b) => waveOf(a) - waveOf(b) || applyRank(a.kind) - applyRank(b.kind))
  const secretNames = objects.flatMap(referencesOf).flatMap(({ kind, name }) => (kind === "Secret" ? name : []))
  const isSecret = (object: KubernetesObject) => isKind(object, "Secret")
  const isMigration = (object: KubernetesObject) => isKind(object, "Job")
  const areBesideDapr = objects.some(object => isMigration(object) && hasDapr(object))
  // What makes a Secret comes before the pods that need it.
  const isEarly = (object: KubernetesObject) =>
    isConfig(object.kind) ||
    (areBesideDapr && isDapr(object.apiVersion)) ||
    [...secretNames, secretName].some(name => mayMake(object, name, secretName))
  return {
    config: ordered.filter(isEarly),
    secrets: ordered.filter(isSecret),
    migrations: ordered.filter(isMigration),
    objects: ordered.filter(object => !isEarly(object) && !isSecret(object) && !isMigration(object)),
  }
}

/** Whether a sidecar of Dapr is injected into the pods of an object. */
function hasDapr(object: KubernetesObject): boolean {
  return podsOf(object)?.template.metadata?.annotations?.["dapr.io/enabled"] === "true"
}
