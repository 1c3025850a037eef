import { scryptSync } from "node:crypto"

import { canonical, digestOf } from "../util/digest.js"
import { referencesOf } from "./references.js"
import { isKind, type KubernetesObject } from "./shapes.js"

const LENGTH = 10

/**
 * Make the ConfigMaps and Secrets that pods refer to immutable, name each by its content, and rewrite the
 * references: a rollout, and a rollback, always finds the configuration it was made with.
 */
export function nameConfigByContent(objects: KubernetesObject[]): void {
  const references = objects.flatMap(referencesOf)
  for (const object of objects) {
    const named = references.filter(({ kind, name }) => kind === object.kind && name === object.metadata.name)
    if (named.length === 0) continue
    const hash = configHash(object)
    if (!hash) continue
    object.metadata.name += `-${hash}`
    object.immutable = true
    for (const reference of named) reference.rename(object.metadata.name)
  }
}

/** A Job's template cannot be changed: another content is another Job, the same content is the same. */
export function nameJobByContent(job: KubernetesObject): void {
  job.metadata.name += `-${digestOf(job.spec).slice(0, LENGTH)}`
}

function configHash(object: KubernetesObject): string | undefined {
  if (isKind(object, "ConfigMap")) return digestOf([object.data, object.binaryData]).slice(0, LENGTH)
  if (!isKind(object, "Secret")) return undefined
  // Names are public: a slow hash keeps them from being a quick way to try passwords.
  const content = canonical([object.type, object.data, object.stringData])
  return scryptSync(content, object.metadata.name, LENGTH / 2).toString("hex")
}
