import { z } from "zod"

import { keyOf } from "../config/applications.js"
import { readReference } from "../registry/reference.js"
import { describe, type Manifest, type Path } from "./manifest.js"
import { containersOf, podsOf } from "./pods.js"
import { type Problem, problemAt } from "./problem.js"
import { isKind, type KubernetesObject } from "./shapes.js"

/** Kinds of Kubernetes itself whose pods nothing keeps running in a new version: no rollout of theirs can be watched. */
const NOT_ROLLED_OUT = ["Pod", "ReplicaSet", "ReplicationController", "PodTemplate"]

/** Custom kinds that run the pods of a Deployment's template in its stead, by group and kind: the field that names it. */
const STAND_INS: Record<string, string> = { "argoproj.io Rollout": "workloadRef", "flagger.app Canary": "targetRef" }

/** Each application's image must stand somewhere, by its placeholder, in a kind whose rollout is watched; every other image by digest. */
export function* imageProblems(manifests: Manifest[], placeholders: string[]): Generator<Problem> {
  const used = new Set<string>()
  for (const manifest of manifests) {
    const { object } = manifest
    for (const { name, path } of unwatched(object, placeholders)) {
      used.add(name)
      yield notWatched(manifest, path, name)
    }
    const standIn = standInFor(object, manifests, placeholders)
    if (standIn)
      yield problemAt(manifest, standIn.path, {
        code: "KIND_NOT_WATCHED",
        what: `${describe(object)} (${object.apiVersion}) runs the pods of the Deployment ${standIn.name}, and no rollout of its is watched`,
        fix: `let the Deployment run its pods itself: take the ${object.kind} out of the manifests`,
      })
    for (const { container, path } of containersOf(object)) {
      used.add(container.image)
      if (!placeholders.includes(container.image) && !readReference(container.image)?.digest)
        yield problemAt(manifest, [...path, "image"], {
          code: "IMAGE_NOT_PINNED",
          what: `image ${container.image} of container ${container.name} is neither a placeholder nor a digest`,
          fix: `write ${placeholders.map(name => `image: ${name}`).join(" or ")} for an image built here, or its name in cloud-native.yaml: ${placeholders.map(name => `${keyOf(name)}.image`).join(" or ")}; for another one built here, add it to applications; else pin it: ${container.image}@sha256:…`,
        })
    }
  }
  for (const name of placeholders)
    if (!used.has(name))
      yield {
        code: "IMAGE_NOT_USED",
        what: `no container has the placeholder image: ${name}`,
        fix: `write image: ${name} where the image of the ${name} built here is to run`,
      }
}

/** The problem of an application's image where nothing fills it in. */
export function notWatched(manifest: Manifest, path: Path, image: string): Problem {
  const { object } = manifest
  return problemAt(manifest, path, {
    code: "KIND_NOT_WATCHED",
    what: `${describe(object)}: image: ${image} is in an object of kind ${object.kind} (${object.apiVersion}), in which no image is filled in and no rollout is watched`,
    fix: "run the application as a Deployment, StatefulSet or DaemonSet of apps/v1, and what it runs once or at times as a Job or CronJob of batch/v1",
  })
}

/** The Deployment of an application whose pods an object runs in its stead. */
function standInFor(
  object: KubernetesObject,
  manifests: Manifest[],
  placeholders: string[],
): { name: string; path: Path } | undefined {
  const field = STAND_INS[`${object.apiVersion.split("/")[0]} ${object.kind}`]
  if (!field) return undefined
  const { kind, name } = Reference.parse(object).spec[field] ?? {}
  const isOurs = manifests.some(
    ({ object: other }) => isKind(other, "Deployment") && other.metadata.name === name && appOf(other, placeholders),
  )
  return kind === "Deployment" && name && isOurs ? { name, path: ["spec", field] } : undefined
}

const Target = z.looseObject({ kind: z.string().optional(), name: z.string().optional() })
const Reference = z.object({ spec: z.record(z.string(), Target.optional().catch(undefined)).catch({}) })

/** The placeholders in an object that the module does not fill in, or whose pods it does not watch. */
function unwatched(object: KubernetesObject, placeholders: string[]): { name: string; path: Path }[] {
  const filled = containersOf(object).map(({ path }) => [...path, "image"].join("."))
  const isFilled = (path: Path) => !NOT_ROLLED_OUT.includes(object.kind) && filled.includes(path.join("."))
  return imagesOf(object).filter(({ name, path }) => placeholders.includes(name) && !isFilled(path))
}

/** Every image that an object names. Metadata and the data of a ConfigMap are anybody's texts. */
export function imagesOf({ metadata: _, data: __, ...fields }: KubernetesObject): { name: string; path: Path }[] {
  return [...imagesIn(fields, [])]
}

/** Every image that a field of this name holds, however deep. */
function* imagesIn(value: unknown, path: Path): Generator<{ name: string; path: Path }> {
  if (!(value instanceof Object)) return
  for (const [key, item] of Object.entries(value) as [string, unknown][]) {
    const at = [...path, Array.isArray(value) ? Number(key) : key]
    if (key === "image" && typeof item === "string") yield { name: item, path: at }
    else yield* imagesIn(item, at)
  }
}

/** The application that the pods of an object are; init containers only prepare. */
export function appOf(object: KubernetesObject, placeholders: string[]): string | undefined {
  return podsOf(object)
    ?.template.spec.containers.map(({ image }) => image)
    .find(image => placeholders.includes(image))
}

/** Put the references by digest where the placeholders are. */
export function placeImages(object: KubernetesObject, images: Record<string, string>): void {
  for (const { container } of containersOf(object)) container.image = images[container.image] ?? container.image
}
